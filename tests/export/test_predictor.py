import numpy as np
import pytest

from seqseg import Predictor
from seqseg.errors import ConfigError, ExportError, ModelError
from seqseg.export.predictor import ExportedPredictor
from seqseg.export.runtimes import open_runtime
from seqseg.export.write import export_model
from seqseg.geometry import Resizing
from tests.export.conftest import SIZE, require

FORMATS = ("onnx", "openvino", "litert")


def frames(count, height, width):
    return np.random.default_rng(5).integers(0, 256, (count, height, width, 3), dtype="uint8")


def walk(count, size):
    """A camera that moves over a smooth picture."""
    coarse = np.random.default_rng(4).integers(0, 256, (24, 24, 3), dtype="uint8")
    world = np.kron(coarse, np.ones((6, 6, 1), "uint8"))
    return [np.ascontiguousarray(world[2 * t :, 3 * t :][: size[0], : size[1]]) for t in range(count)]


@pytest.mark.parametrize("format", FORMATS)
def test_masks_of_frames_of_another_size_are_those_of_the_keras_predictor(exported, net, format):
    ours, keras_one = ExportedPredictor(exported(format)), Predictor(net, size=Resizing("letterbox", SIZE))
    here = there = None
    for frame in frames(5, 53, 61):
        mask, here = ours.step(frame, here)
        expected, there = keras_one.step(frame, there)
        assert (mask == expected).mean() >= 0.999


def test_a_state_saved_under_keras_goes_on_here(exported, net, any_format):
    keras_one, ours = Predictor(net, size=Resizing("letterbox", SIZE)), ExportedPredictor(exported(any_format))
    clip, state = frames(6, *SIZE), None
    for frame in clip[:3]:
        _, state = keras_one.step(frame, state)
    carried = {name: np.asarray(tensor) for name, tensor in state.items()}
    for frame in clip[3:]:
        expected, state = keras_one.step(frame, state)
        mask, carried = ours.step(frame, carried)
        assert (mask == expected).mean() >= 0.999


@pytest.mark.parametrize(
    "options",
    [{"smooth": 0.6}, {"smooth": 0.6, "along_motion": True}, {"denoise": True}],
    ids=["smooth", "along motion", "denoise"],
)
@pytest.mark.parametrize("resizing", [Resizing("letterbox", SIZE), Resizing("tile", SIZE)], ids=["whole", "tiles"])
def test_smoothing_and_tiles_are_those_of_the_keras_predictor(exported, net, any_format, options, resizing):
    ours = ExportedPredictor(exported(any_format), resizing=resizing, **options)
    keras_one = Predictor(net, size=resizing, **options)
    here = there = None
    for frame in walk(4, (41, 61)):
        mask, here = ours.step(frame, here)
        expected, there = keras_one.step(frame, there)
        assert (mask == expected).mean() >= 0.998
    assert {name: array.shape for name, array in here.items()} == {name: there[name].shape for name in there}
    for name in here:
        np.testing.assert_allclose(here[name], there[name], atol=2e-3, err_msg=name)


def test_streams_that_come_and_go_in_slots_equal_each_alone(net, tmp_path):
    require("onnx")
    path = export_model(net, tmp_path / "any", format="onnx", size=SIZE, batch=None)
    slots, alone = ExportedPredictor(path, slots=3, smooth=0.5), ExportedPredictor(path, smooth=0.5)
    (first, second), singles = frames(2, 31, 40), [None, None]
    masks, states = slots([first, second], [None, None])
    for row, frame in enumerate((first, second)):
        mask, singles[row] = alone.step(frame, None)
        assert (masks[row] == mask).mean() >= 0.999
    masks, _ = slots([first], [states[1]])
    assert (masks[0] == alone.step(first, singles[1])[0]).mean() >= 0.999


def test_a_batch_of_streams_equals_each_alone(exported, any_format):
    ours = ExportedPredictor(exported(any_format))
    pair = frames(2, 31, 40)
    together, _ = ours.step_batch(pair)
    np.testing.assert_array_equal(together, [ours.step(frame)[0] for frame in pair])


def test_what_does_not_fit_is_one_line(exported, any_format):
    ours = ExportedPredictor(exported(any_format))
    with pytest.raises(ModelError, match=r"\(h, w, 3\)"):
        ours.step(np.zeros((9, 9), "uint8"))
    with pytest.raises(ModelError, match="need a state"):
        ours.step(np.zeros((9, 9, 3), "uint8"), {"P3/h": np.zeros((1, 2, 2, 1), "float32")})
    with pytest.raises(ConfigError, match="smooth"):
        ExportedPredictor(exported(any_format), smooth=1.0)
    with pytest.raises(ConfigError, match="along_motion"):
        ExportedPredictor(exported(any_format), along_motion=True)
    with pytest.raises(ConfigError, match="batches of 1, got slots 4; export it with --batch 4"):
        ExportedPredictor(exported(any_format), slots=4)
    other = "onnx" if any_format == "litert" else "litert"
    with pytest.raises(ExportError, match=f"runtime {other} runs {other} files"):
        open_runtime(exported(any_format), runtime=other)

import numpy as np
import pytest

from seqseg import Predictor
from seqseg.errors import ConfigError, ExportError, ModelError
from seqseg.export.predictor import ExportedPredictor
from seqseg.export.runtimes import open_runtime
from seqseg.geometry import Resizing
from tests.export.conftest import SIZE

FORMATS = ("onnx", "openvino", "litert")


def frames(count, height, width):
    return np.random.default_rng(5).integers(0, 256, (count, height, width, 3), dtype="uint8")


@pytest.mark.parametrize("format", FORMATS)
def test_masks_of_frames_of_another_size_are_those_of_the_keras_predictor(exported, tiny, format):
    ours, keras_one = ExportedPredictor(exported(format)), Predictor(tiny, size=Resizing("letterbox", SIZE))
    here = there = None
    for frame in frames(5, 53, 61):
        mask, here = ours.step(frame, here)
        expected, there = keras_one.step(frame, there)
        assert (mask == expected).mean() >= 0.999


def test_a_state_saved_under_keras_goes_on_here(exported, tiny):
    keras_one, ours = Predictor(tiny, size=Resizing("letterbox", SIZE)), ExportedPredictor(exported("litert"))
    clip, state = frames(6, *SIZE), None
    for frame in clip[:3]:
        _, state = keras_one.step(frame, state)
    carried = {name: np.asarray(tensor) for name, tensor in state.items()}
    for frame in clip[3:]:
        expected, state = keras_one.step(frame, state)
        mask, carried = ours.step(frame, carried)
        assert (mask == expected).mean() >= 0.999


def test_smoothing_is_that_of_the_keras_predictor(exported, tiny):
    ours = ExportedPredictor(exported("litert"), smooth=0.6)
    keras_one = Predictor(tiny, size=Resizing("letterbox", SIZE), smooth=0.6)
    here = there = None
    for frame in frames(4, *SIZE):
        mask, here = ours.step(frame, here)
        expected, there = keras_one.step(frame, there)
        assert (mask == expected).mean() >= 0.999
    np.testing.assert_allclose(here["smooth"], there["smooth"], atol=1e-4)


def test_a_batch_of_streams_equals_each_alone(exported):
    ours = ExportedPredictor(exported("litert"))
    pair = frames(2, 31, 40)
    together, _ = ours.step_batch(pair)
    np.testing.assert_array_equal(together, [ours.step(frame)[0] for frame in pair])


def test_what_does_not_fit_is_one_line(exported):
    ours = ExportedPredictor(exported("litert"))
    with pytest.raises(ModelError, match=r"\(h, w, 3\)"):
        ours.step(np.zeros((9, 9), "uint8"))
    with pytest.raises(ModelError, match="need a state"):
        ours.step(np.zeros((9, 9, 3), "uint8"), {"P3/h": np.zeros((1, 2, 2, 1), "float32")})
    with pytest.raises(ConfigError, match="smooth"):
        ExportedPredictor(exported("litert"), smooth=1.0)
    with pytest.raises(ExportError, match="runtime onnx runs onnx files"):
        open_runtime(exported("litert"), runtime="onnx")

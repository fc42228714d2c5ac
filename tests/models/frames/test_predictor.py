"""Predictors of the next frame: what they begin as, how they roll on, what they refuse."""

import cv2
import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.inference.predictor import Predictor
from seqseg.models import build_model, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 21, 29, 3), "uint8")
MODELS = {
    "frame_predictor": {"filters": 2, "kernel_size": 3},
    "frame_predictor:motion": {"filters": 2, "kernel_size": 3, "motion": True},
    "convlstm_s": {"filters": 4, "layers": 2},
    "unet_lstm": {"filters": 4, "head": "frame"},
}


@pytest.fixture(params=sorted(MODELS), scope="module")
def model(request):
    return moved(new(request.param))


def new(name, **options):
    return build_model(name.partition(":")[0], **MODELS[name], **options)


def moved(model):
    """As after some training: what begins at zero is no longer."""
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        if not np.any(variable.numpy()):
            variable.assign(rng.uniform(-0.1, 0.1, variable.shape))
    return model


def test_a_roll_out_is_its_own_outputs_fed_by_hand(model):
    outputs, state = model.run(CLIP)
    frame = outputs[:, -1]
    expected = [frame]
    for _ in range(3):
        frame, state = model.run(frame, state)
        expected.append(frame)
    rolled = model.roll_out(CLIP, 4)
    assert tuple(rolled.shape) == (2, 4, 21, 29, 3)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(rolled), np.stack([ops.convert_to_numpy(frame) for frame in expected], axis=1)
    )


def test_a_roll_out_goes_on_from_a_state(model):
    """Two frames; one with motion, where in noise each makes more of what rounding leaves of the one before."""
    frames = 1 if getattr(model, "motion", False) else 2
    _, state = model.run(CLIP[:, :2])
    ours = model.roll_out(CLIP[:, 2:], frames, state=state)
    whole = model.roll_out(CLIP, frames)
    np.testing.assert_allclose(ops.convert_to_numpy(ours), ops.convert_to_numpy(whole), atol=1e-3)


def test_the_predictor_gives_the_next_frame_as_a_picture(model):
    picture, _ = Predictor(model).step(CLIP[0, 0])
    expected = ops.convert_to_numpy(model(CLIP[:1, 0]))[0]
    np.testing.assert_allclose(picture, expected.clip(0, 255).round(), atol=1)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("name", ["frame_predictor", "unet_lstm"])
def test_a_residual_predictor_begins_by_repeating_the_last_frame(name):
    np.testing.assert_array_equal(ops.convert_to_numpy(new(name)(CLIP)), CLIP)


def test_a_predictor_with_motion_begins_by_repeating_the_motion():
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (64, 64, 3), "uint8"), (0, 0), 2)
    clip = np.stack([picture[2 * k : 2 * k + 40, k : k + 50] for k in range(4)])
    predicted = ops.convert_to_numpy(new("frame_predictor:motion")(clip[None, :3]))[0]
    np.testing.assert_array_equal(predicted[0], clip[0])  # there was no frame before the first
    inside = np.s_[:, 8:-8, 8:-8]
    off = np.abs(predicted[1:] - clip[2:])[inside].mean()
    assert off < 0.1 * np.abs(clip[1:3].astype("float32") - clip[2:])[inside].mean()


def test_a_bounded_predictor_stays_among_the_pixels():
    model = moved(build_model("frame_predictor", filters=2, channels=1, output="bounded"))
    for variable in model.trunk.projection.variables:
        variable.assign(100 * np.ones(variable.shape))
    frames = ops.convert_to_numpy(model(CLIP[..., :1]))
    assert 0 <= frames.min() and frames.max() <= 255


def test_convlstm_s_has_the_weights_that_openstl_uses():
    inputs, kernels, gates = 16, 5 * 5, 4 * 128  # patches of 4 x 4 of one channel; i, f, g and o of 128
    first = kernels * (inputs + 128) * gates
    others = 3 * kernels * (128 + 128) * gates
    used, unused = first + others + 128 * inputs, 4 * kernels * (2 * 128) * 128  # conv_o, which no cell calls
    assert f"{(used + unused) / 1e6:.1f}" == "15.0"  # as published
    biases = 4 * gates
    assert build_model("convlstm_s", channels=1).count_params() == used + biases


def test_nothing_is_starved_at_full_resolution():
    model = build_model("frame_predictor", filters=8)
    assert model.trunk.joining[0].convolution.kernel.shape[-2:] == (8 + 8, 8)
    assert model.trunk.projection.kernel.shape == (3, 3, 8, 3)


def test_depth_to_space_begins_as_nearest_upsampling():
    layer = build_model("frame_predictor", filters=4).trunk.growing[0]
    larger = ops.convert_to_numpy(layer(np.random.default_rng(0).random((1, 3, 5, 4), "float32")))
    blocks = larger.reshape(1, 3, 2, 5, 2, 4)
    np.testing.assert_array_equal(blocks, np.broadcast_to(blocks[:, :, :1, :, :1], blocks.shape))


@pytest.mark.parametrize("name", ["frame_predictor", "frame_predictor:motion", "unet_lstm"])
def test_how_frames_are_predicted_survives_saving(name, tmp_path):
    model = moved(new(name, output="bounded"))
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert (again.card.head, again.card.output) == ("frame", "bounded")
    np.testing.assert_array_equal(ops.convert_to_numpy(again(CLIP)), ops.convert_to_numpy(model(CLIP)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "frame_predictor", "head": "softmax"}, "predicts frames and has no softmax head"),
        ({"name": "frame_predictor", "temporal": "convgru"}, "takes no temporal"),
        ({"name": "unet_lstm", "output": "bounded"}, 'needs head = "frame"'),
        ({"name": "convlstm_s", "output": "round"}, "residual, plain, bounded"),
        ({"name": "frame_predictor", "depth": 0}, "depth must be at least 1"),
        ({"name": "frame_predictor", "motion": 2}, "motion must be true or false"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_one_line(options, said):
    with pytest.raises(ConfigError, match=said):
        build_model(**options)


def test_a_segmenter_of_classes_does_not_roll_out():
    with pytest.raises(ModelError, match="finds classes and predicts no frames"):
        build_model("unet_lstm", classes=2, filters=2).roll_out(CLIP, 2)


def test_half_precision_keeps_frames_and_state_whole():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model("frame_predictor", filters=2, motion=True)
    finally:
        keras.config.set_dtype_policy("float32")
    frames, state = model.run(CLIP)
    assert {str(ops.dtype(tensor)) for tensor in [frames, *state.values()]} == {"float32"}

"""Models of one channel, and those that see several frames at once."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg import Predictor
from seqseg.data.clips.next_frames import grey
from seqseg.errors import ConfigError, ModelError
from seqseg.layers.channels import stacked
from seqseg.models import build_model, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 5, 21, 27, 3), "uint8")


def small(**options):
    keras.utils.set_random_seed(0)
    return build_model("unet_lstm", classes=3, filters=4, **options)


def test_a_model_of_one_channel_sees_the_brightness_of_rgb():
    model = small(channels=1)
    np.testing.assert_allclose(model(CLIP), model(grey(CLIP)), atol=1e-5)
    mask, _ = Predictor(model, size=None).step(CLIP[0, 0])
    expected, _ = Predictor(model, size=None).step(grey(CLIP[0, 0]))
    np.testing.assert_array_equal(mask, expected)
    with pytest.raises(ModelError, match=r"got shape \(2, 5, 21, 27, 2\)"):
        model.run(CLIP[..., :2])


@pytest.mark.parametrize("channels", [1, 3])
def test_frames_are_stacked_as_numpy_stacks_them(channels):
    clip = (CLIP if channels == 3 else grey(CLIP)).astype("float32")
    seen, past = stacked(clip, np.zeros((2, 21, 27, 3 * channels), "float32"), 4)
    padded = np.concatenate([np.repeat(clip[:, :1], 3, axis=1), clip], axis=1)  # missing frames look like the first
    wanted = np.concatenate([padded[:, k : k + 5] for k in range(4)], axis=-1)
    np.testing.assert_array_equal(seen, wanted)
    np.testing.assert_array_equal(past, np.concatenate([clip[:, k] + 1 for k in (2, 3, 4)], axis=-1))


def test_the_law_holds_for_a_model_that_sees_three_frames(tmp_path):
    model = small(channels=1, stack=3)
    assert model.backbone.variables[0].shape[-2] == 3
    whole, state = (ops.convert_to_numpy(x) if not isinstance(x, dict) else x for x in model.run(CLIP))
    assert tuple(state["stack/frames"].shape) == (2, 21, 27, 2)
    parts, state = [], None
    for chunk in np.split(CLIP, [1, 3], axis=1):
        outputs, state = model.run(chunk, state)
        parts.append(ops.convert_to_numpy(outputs))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(model.run(CLIP[1:])[0])[0], whole[1], atol=1e-5)
    save_model(model, tmp_path / "model.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(load_model(tmp_path / "model.keras")(CLIP)), whole, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("unet", {"stack": 0}, "stack must be at least 1, got 0"),
        ("unet", {"channels": "grey"}, "channels must be at least 1, got 'grey'"),
        ("frame_predictor", {"stack": 3}, "takes no stack"),
    ],
)
def test_what_cannot_be_built_is_one_line(name, options, message):
    with pytest.raises(ConfigError, match=message):
        build_model(name, classes=3, **options)

"""The law for the two spine presets at 64x96 and 45x61; on the other backends where time does not count."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.models import build_model, load_model, save_model

TOLERANCE = 1e-5


@pytest.fixture(
    scope="module", params=[(name, size) for name in ("unet", "unet_lstm") for size in ((64, 96), (45, 61))], ids=str
)
def ran(request):
    """A model, a clip (2, 4, h, w, 3) and what the model makes of it run whole."""
    name, size = request.param
    keras.utils.set_random_seed(0)
    model = build_model(name, classes=5, filters=4)
    clip = np.random.default_rng(0).integers(0, 256, (2, 4, *size, 3), "uint8")
    return model, clip, ops.convert_to_numpy(model.run(clip)[0])


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_clip_in_chunks_equals_the_clip_whole(ran, length):
    model, clip, whole = ran
    parts, state = [], None
    for chunk in np.split(clip, 4 // length, axis=1):
        logits, state = model.run(chunk, state)
        parts.append(ops.convert_to_numpy(logits))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=TOLERANCE, rtol=0)


def test_a_row_equals_itself_alone(ran):
    model, clip, whole = ran
    np.testing.assert_allclose(ops.convert_to_numpy(model.run(clip[1:])[0])[0], whole[1], atol=TOLERANCE, rtol=0)


def test_saved_and_loaded_it_gives_the_same(ran, tmp_path):
    model, clip, whole = ran
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(again.run(clip)[0]), whole, atol=TOLERANCE, rtol=0)

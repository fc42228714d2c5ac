"""The contract at 64x96 and 45x61: the two spine presets, and frames predicted from motion, which follows what it sees.

On the other backends where time does not count.
"""

import cv2
import keras
import numpy as np
import pytest
from keras import ops

from seqseg.models import build_model, load_model, save_model

TOLERANCE = 1e-5
SIZES = [(64, 96), (45, 61)]
NETS = [
    ("unet", {"classes": 5}),
    ("unet_lstm", {"classes": 5}),
    ("frame_predictor", {"motion": True, "kernel_size": 3}),
]


def noise(height, width):
    """Two clips of four frames, (2, 4, h, w, 3)."""
    return np.random.default_rng(0).integers(0, 256, (2, 4, height, width, 3), "uint8")


def moving(height, width):
    """The same of a smooth texture that moves by two and by three pixels a frame; nothing can follow noise."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).random((height + 9, width + 9, 3), "float32"), (0, 0), 2)
    texture = np.uint8(255 * (texture - texture.min()) / np.ptp(texture))
    return np.stack(
        [[texture[step * t :, (5 - step) * t :][:height, :width] for t in range(4)] for step in (2, 3)],
    )


@pytest.fixture(
    scope="module", params=[(*net, size) for net in NETS for size in SIZES], ids=lambda net: f"{net[0]}-{net[2]}"
)
def ran(request):
    """A model, a clip (2, 4, h, w, 3) and what the model makes of it run whole."""
    name, options, size = request.param
    keras.utils.set_random_seed(0)
    model = build_model(name, filters=4, **options)
    clip = moving(*size) if model.card.head == "frame" else noise(*size)
    return model, clip, ops.convert_to_numpy(model.run(clip)[0])


def assert_same(model, ours, theirs):
    """The same; predicted frames reach 255, where float32 has no finer steps than 1.5e-5."""
    scale = 255 if model.card.head == "frame" else 1
    np.testing.assert_allclose(ops.convert_to_numpy(ours), theirs, atol=TOLERANCE * scale, rtol=0)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_clip_in_chunks_equals_the_clip_whole(ran, length):
    model, clip, whole = ran
    parts, state = [], None
    for chunk in np.split(clip, 4 // length, axis=1):
        logits, state = model.run(chunk, state)
        parts.append(ops.convert_to_numpy(logits))
    assert_same(model, np.concatenate(parts, axis=1), whole)


def test_a_row_equals_itself_alone(ran):
    model, clip, whole = ran
    assert_same(model, model.run(clip[1:])[0][0], whole[1])


def test_saved_and_loaded_it_gives_the_same(ran, tmp_path):
    model, clip, whole = ran
    save_model(model, tmp_path / "model.keras")
    assert_same(model, load_model(tmp_path / "model.keras").run(clip)[0], whole)

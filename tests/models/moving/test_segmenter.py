"""The model for fixed cameras at work: sizes of frames, and a view that it knows nothing of."""

import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.inference import Predictor
from seqseg.models import load_model
from seqseg.models.moving.segmenter import shrunk


@pytest.fixture(scope="module")
def predictor():
    return Predictor(load_model("moving"))


def view(height, width, seed=0):
    return np.random.default_rng(seed).integers(60, 200, (height, width, 3), "uint8")


def test_a_frame_of_another_size_needs_a_state_of_its_own(predictor):
    _, state = predictor.step(view(48, 64))
    with pytest.raises(ModelError, match=r"\(1, 3, 48, 64\).*\(1, 3, 32, 64\)|\(1, 3, 32, 64\).*\(1, 3, 48, 64\)"):
        predictor.step(view(32, 64), state)
    mask, _ = predictor.step(view(32, 64))
    assert mask.shape == (32, 64)


def test_large_frames_are_averaged_down_with_their_border_repeated():
    frame = view(211, 307).astype("float32")
    planes = np.asarray(shrunk(frame[None]))[0]
    padded = np.pad(frame, [(0, 1), (0, 1), (0, 0)], mode="edge")
    np.testing.assert_allclose(
        planes, padded.reshape(106, 2, 154, 2, 3).mean(axis=(1, 3)).transpose(2, 0, 1), atol=1e-3
    )


def test_something_that_comes_into_a_quiet_view_is_found_where_it_is(predictor):
    rng, empty, state = np.random.default_rng(1), view(96, 128).astype(float) * 0.2 + 90, None
    for number in range(30):
        frame = empty + rng.normal(0, 2, empty.shape)
        if number >= 20:
            left = 4 * (number - 20)
            frame[30:70, left : left + 24] = (200, 40, 40)
        mask, state = predictor.step(np.clip(frame, 0, 255).astype("uint8"), state)
    there = np.zeros(mask.shape, bool)
    there[30:70, left : left + 24] = True
    assert mask[there].mean() > 0.9
    assert mask[~there].mean() < 0.02

"""The contract for the models that come with seqseg: a clip in chunks, and a row alone, give what the whole gives."""

import numpy as np
import pytest

from seqseg.models import load_model
from seqseg.models.pretrained.ready import ready_models

HEIGHT, WIDTH = 45, 61


@pytest.fixture(scope="module", params=sorted(ready_models()))
def model(request):
    return load_model(request.param)


@pytest.fixture(scope="module")
def clips():
    """Two clips (2, 4, h, w, 3) of pictures that go on from frame to frame, as far as noise lets them."""
    rng = np.random.default_rng(0)
    pictures = np.kron(rng.integers(40, 200, (2, 1, 9, 13, 3)), np.ones((1, 1, 5, 5, 1)))[:, :, :HEIGHT, :WIDTH]
    return np.clip(pictures + rng.normal(0, 4, (2, 4, HEIGHT, WIDTH, 3)), 0, 255).astype("uint8")


@pytest.fixture(scope="module")
def whole(model, clips):
    return np.array(model.run(clips)[0])


@pytest.mark.parametrize("length", [1, 2])
def test_a_clip_run_in_chunks_gives_the_same_logits(model, clips, whole, length):
    parts, state = [], None
    for start in range(0, 4, length):
        logits, state = model.run(clips[:, start : start + length], state)
        parts.append(np.array(logits))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-4, rtol=1e-4)


def test_a_row_of_a_batch_is_that_row_alone(model, clips, whole):
    np.testing.assert_allclose(np.array(model.run(clips[1:])[0]), whole[1:], atol=1e-4, rtol=1e-4)


def test_the_logits_are_finite_and_tell_pixels_apart(whole):
    assert np.isfinite(whole).all()
    assert whole.std() > 0.1

"""Consistency from frame to frame, by hand and on a moving picture."""

import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.losses import CrossEntropy, CrossEntropyConsistency, consistency_loss, warped_consistency


def softmax(logits):
    p = np.exp(logits.astype("float64"))
    return p / p.sum(-1, keepdims=True)


def moved(picture, frames):
    """A clip in which everything goes one pixel to the right from frame to frame."""
    return np.stack([np.roll(picture, step, axis=1) for step in range(frames)])[None]


@pytest.fixture
def clip():
    return np.random.default_rng(3).uniform(0, 255, (2, 3, 5, 7, 3))


def test_without_frames_it_is_the_mean_squared_change(logits):
    expected = (np.diff(softmax(logits), axis=1) ** 2).sum(-1).mean()
    assert float(consistency_loss(logits)) == pytest.approx(expected, rel=1e-5)


def test_with_frames_pixels_that_change_count_less(logits, clip):
    likeness = np.exp(-np.abs(np.diff(clip, axis=1)).sum(-1) / 30)
    expected = ((np.diff(softmax(logits), axis=1) ** 2).sum(-1) * likeness).mean()
    assert float(consistency_loss(logits, clip, tolerance=30)) == pytest.approx(expected, rel=1e-5)


def test_along_no_flow_the_warped_loss_is_the_flow_free_one(logits, clip):
    flow = np.zeros((2, 2, 5, 7, 2), "float32")
    assert float(warped_consistency(logits, clip, flow)) == pytest.approx(float(consistency_loss(logits, clip)))


def test_what_moves_as_the_flow_says_is_consistent():
    rng = np.random.default_rng(0)
    logits = moved(rng.normal(size=(5, 9, 3)), 4)
    frames = moved(rng.uniform(0, 255, (5, 9, 3)), 4)
    left = np.broadcast_to(np.float32([-1, 0]), (1, 3, 5, 9, 2))
    assert float(warped_consistency(logits, frames, left)) == pytest.approx(0, abs=1e-9)
    assert float(warped_consistency(logits, frames, -left)) > 1e-4
    assert float(consistency_loss(logits)) > 1e-2


def test_pixels_from_outside_the_frame_do_not_count():
    logits = np.random.default_rng(0).normal(size=(1, 2, 3, 5, 4))
    far = np.full((1, 1, 3, 5, 2), 99.0)
    assert float(warped_consistency(logits, np.zeros((1, 2, 3, 5, 3)), far)) == 0


def test_gradients_reach_both_frames_and_are_those_of_differences(gradient, clip):
    logits = np.random.default_rng(0).normal(size=(2, 3, 5, 7, 4)).astype("float32")
    flow = np.random.default_rng(1).normal(size=(2, 2, 5, 7, 2)).astype("float32")
    slope = gradient(lambda values: warped_consistency(values, clip, flow, tolerance=1e3), logits)
    assert all(slope[:, t].any() for t in range(3))
    step = 0.05 * slope / np.abs(slope).max()
    up, down = (float(warped_consistency(logits + sign * step, clip, flow, tolerance=1e3)) for sign in (1, -1))
    assert up - down == pytest.approx(2 * float((slope * step).sum()), rel=2e-3)


def test_images_have_no_consistency():
    with pytest.raises(ModelError, match=r"logits of clips, .* got \(2, 5, 7, 4\)"):
        consistency_loss(np.zeros((2, 5, 7, 4)))


def test_beside_cross_entropy_flicker_counts_where_the_labels_do_not_change(labels, logits):
    change = (np.diff(softmax(logits), axis=1) ** 2).sum(-1)
    before, after = labels[:, :-1], labels[:, 1:]
    counted = (before == 255) | (after == 255) | (before == after)
    expected = float(CrossEntropy()(labels, logits)) + 0.4 * change[counted].mean()
    assert float(CrossEntropyConsistency(consistency=0.4)(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_it_learns_from_clips_without_a_single_label(logits, gradient):
    void = np.full(logits.shape[:-1], 255)
    loss = CrossEntropyConsistency(consistency=0.4)
    assert float(loss(void, logits)) == pytest.approx(0.4 * float(consistency_loss(logits)), rel=1e-5)
    assert gradient(lambda values: loss(void, values), logits).any()

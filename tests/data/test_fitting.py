"""Frames into clips of one size."""

import numpy as np

from seqseg.data import VOID
from seqseg.data.fitting import fit_clip, fit_frames


def fitted(height, width, size):
    frames = [np.full((height, width, 3), 90, np.uint8)] * 2
    return fit_clip(*fit_frames(frames, [np.ones((height, width), np.uint8)] * 2, size), size)


def test_frames_of_the_right_size_are_left_alone():
    frame = np.random.default_rng(0).integers(0, 255, (9, 13, 3), np.uint8)
    clip, labels = fit_clip(*fit_frames([frame], [frame[..., 0]], (9, 13)), (9, 13))
    np.testing.assert_array_equal(clip[0], frame)
    np.testing.assert_array_equal(labels[0], frame[..., 0])


def test_large_frames_are_shrunk_with_their_shape_kept():
    clip, labels = fitted(80, 80, (40, 60))
    assert clip.shape == (2, 40, 60, 3)
    assert (labels[0, :, 10:50] == 1).all()  # a square of 40 in the middle of 60
    assert (labels[0, :, :10] == VOID).all() and (labels[0, :, 50:] == VOID).all()


def test_what_is_left_over_is_void_but_not_black():
    clip, labels = fitted(21, 31, (45, 61))
    assert (clip == 90).all()
    assert (labels == 1).sum() == 2 * 21 * 31


def test_small_frames_are_never_enlarged():
    _, labels = fitted(10, 10, (40, 40))
    assert (labels[0] == 1).sum() == 100

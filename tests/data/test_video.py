"""Videos and video sets."""

from fractions import Fraction

import numpy as np
import pytest

from seqseg.data import VOID, Video
from seqseg.errors import DataError


def frames_of(count, height=5, width=7):
    return np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, height, width, 3), np.uint8)


def test_a_frame_without_a_label_has_an_all_void_mask():
    video = Video("one", frames_of(2), [None, np.zeros((5, 7), np.uint8)])
    assert (video.mask(0) == VOID).all()
    assert video.mask(0).shape == (5, 7)
    assert (video.mask(1) == 0).all()


def test_a_video_without_masks_is_all_void():
    assert (Video("one", frames_of(2)).mask(1) == VOID).all()


def test_labelled_are_the_frames_that_have_a_mask():
    mask = np.zeros((5, 7), np.uint8)
    assert Video("one", frames_of(4), [None, mask, None, mask]).labelled == (1, 3)
    assert Video("one", frames_of(4)).labelled == ()


def test_a_mask_of_another_size_is_an_error_that_gives_both_sizes():
    video = Video("walk", frames_of(1), [np.zeros((7, 5), np.uint8)])
    with pytest.raises(DataError, match=r"walk, mask 0 is 7x5 .* its frame is 5x7"):
        video.pair(0)


def test_a_video_needs_frames():
    with pytest.raises(DataError, match="walk has no frames"):
        Video("walk", [])


def test_masks_and_frames_must_be_as_many():
    with pytest.raises(DataError, match="3 frames but 2 masks"):
        Video("walk", frames_of(3), [None, None])


def test_a_part_keeps_frames_masks_and_times_in_step():
    masks = [None, np.full((5, 7), 1, np.uint8), None, np.full((5, 7), 3, np.uint8), None]
    video = Video("walk", frames_of(5), masks, [Fraction(index, 30) for index in range(5)])
    part = video.part(2, 5, "end")
    assert len(part) == 3
    assert part.frame(1)[0, 0, 0] == 3
    assert part.mask(1)[0, 0] == 3
    assert part.labelled == (1,)
    assert part.times == (0, Fraction(1, 30), Fraction(2, 30))

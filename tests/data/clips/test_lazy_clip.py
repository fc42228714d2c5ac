"""Clips that are read frame by frame."""

import numpy as np
import pytest

from seqseg.data.clips.lazy_clip import lazy_clip, whole_clip
from seqseg.data.sequences import FrameSequence, MaskSequence
from seqseg.data.video import Video
from seqseg.data.void import VOID
from seqseg.errors import DataError


class CountedFrames(FrameSequence):
    """Frames that note when they are read."""

    def __init__(self, items):
        self.items, self.read = items, []

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        self.read.append(index)
        return self.items[index]


class CountedMasks(MaskSequence):
    """Masks that note when they are read."""

    def __init__(self, items):
        self.items, self.read = items, []

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        self.read.append(index)
        return self.items[index]

    @property
    def present(self):
        return [mask is not None for mask in self.items]


@pytest.fixture
def video():
    frames = [np.full((6, 10, 3), value, np.uint8) for value in range(5)]
    masks = [None if value == 3 else np.full((6, 10), value, np.uint8) for value in range(5)]
    return Video("counted", CountedFrames(frames), CountedMasks(masks))


def test_frames_come_with_their_labels_in_any_order(video):
    frames, labels = whole_clip(*lazy_clip(video, [4, 3, 0]))
    assert [int(frame[0, 0, 0]) for frame in frames] == [4, 3, 0]
    assert [int(mask[0, 0]) for mask in labels] == [4, VOID, 0]


def test_nothing_is_read_before_its_turn_and_nothing_twice(video):
    frames, labels = lazy_clip(video, [1, 1, 2, 2, 4])
    assert (len(frames), len(labels), video.frames.read) == (5, 5, [])
    for _ in zip(frames, labels, strict=True):
        pass
    assert video.frames.read == video.masks.read == [1, 2, 4]


def test_past_the_end_the_last_frame_is_repeated_void(video):
    frames, labels = whole_clip(*lazy_clip(video, [4, 5, 6]))
    assert [int(frame[0, 0, 0]) for frame in frames] == [4, 4, 4]
    assert [int(mask[0, 0]) for mask in labels] == [4, VOID, VOID]
    assert video.frames.read == [4]


def test_frames_are_placed_as_they_are_read_and_void_has_the_size_of_its_frame(video):
    def halve(frame, mask):
        return frame[::2, ::2], None if mask is None else mask[::2, ::2]

    frames, labels = whole_clip(*lazy_clip(video, [2, 3], place=halve))
    assert {frame.shape for frame in frames} == {(3, 5, 3)} and {mask.shape for mask in labels} == {(3, 5)}


def test_a_frame_of_another_size_is_an_error_that_names_it():
    video = Video("mixed", [np.zeros((6, 10, 3), np.uint8), np.zeros((6, 9, 3), np.uint8)])
    with pytest.raises(DataError, match="video mixed, frame 1 is 6x9 .*are 6x10"):
        whole_clip(*lazy_clip(video, [0, 1]))


def test_a_mask_of_the_wrong_kind_is_an_error_that_names_it(video):
    with pytest.raises(DataError, match=r"counted, mask 2 is of shape \(6, 10\).*bit planes \(h, w, 2\)"):
        whole_clip(*lazy_clip(video, [2], planes=2))

"""Counting labels."""

import numpy as np

from seqseg.data import VOID, Video, VideoSet
from seqseg.data.statistics import label_counts


def test_labelled_pixels_are_counted_by_class_and_void_is_not():
    frames = np.zeros((3, 2, 3, 3), np.uint8)
    masks = [np.array([[0, 0, 2], [2, 2, VOID]], np.uint8), None, np.full((2, 3), 1, np.uint8)]
    videos = (Video("a", frames, masks), Video("unlabelled", frames))
    counts = label_counts(VideoSet("x", "all", videos, ("a", "b", "c", "d"), np.zeros((4, 3), np.uint8)))
    assert counts.tolist() == [2, 6, 3, 0]
    assert counts.dtype == np.int64

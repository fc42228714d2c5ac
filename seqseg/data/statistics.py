"""How often each class occurs."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from seqseg.data.labels.planes import unpack_planes
from seqseg.data.video import VideoSet


def label_counts(data: VideoSet) -> np.ndarray:
    """Labelled pixels of each class in all frames, int64 (classes,); void is left out.

    A pixel with several classes counts for each.

    Example:
        >>> label_counts(open_data("shapes:videos=1,frames=2", split="val")).sum() == 2 * 96 * 128
        True
    """
    places = [(video.masks, index) for video in data.videos if video.masks is not None for index in range(len(video))]
    total = np.zeros(len(data.classes), np.int64)
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding releases the GIL
        for counts in threads.map(lambda place: class_counts(data, place[0][place[1]]), places):
            total += counts
    return total


def class_counts(data: VideoSet, mask: np.ndarray | None) -> np.ndarray:
    """Pixels of each class in one mask of the set, int64 (classes,); zeros for None."""
    classes = len(data.classes)
    if mask is None:
        return np.zeros(classes, np.int64)
    if data.multi_label:
        return np.asarray((unpack_planes(mask, classes) == 1).sum(axis=(0, 1), dtype=np.int64))
    return np.bincount(mask.ravel(), minlength=256)[:classes]

"""How often each class occurs."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from seqseg.data.video import VideoSet


def label_counts(data: VideoSet) -> np.ndarray:
    """Labelled pixels of each class in all frames, int64 (classes,); void is left out.

    Example:
        >>> label_counts(open_data("shapes:videos=1,frames=2", split="val")).sum() == 2 * 96 * 128
        True
    """
    places = [(video, index) for video in data.videos if video.masks is not None for index in range(len(video))]
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding lets the others run
        return sum(
            threads.map(lambda place: _count(place[0].masks[place[1]], len(data.classes)), places),
            start=np.zeros(len(data.classes), np.int64),
        )


def _count(mask: np.ndarray | None, classes: int) -> np.ndarray:
    if mask is None:
        return np.zeros(classes, np.int64)
    return np.bincount(mask.ravel(), minlength=256)[:classes]

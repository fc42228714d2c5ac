"""SEG, the segmentation measure of the Cell Tracking Challenge, and what is split or merged beside it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class CellScore(NamedTuple):
    """What `seg_measure` counts in one frame.

    Attributes:
        overlaps: for each object of the truth its IoU with the object that covers more than half of it, or 0.
        splits: objects of the truth that contain more than half of the pixels of each of two or more found ones.
        merges: found objects that cover more than half of two or more objects of the truth.
    """

    overlaps: np.ndarray
    splits: int
    merges: int


def seg_measure(truth: ArrayLike, found: ArrayLike) -> CellScore:
    """Compare two pictures of numbered objects (h, w), 0 the background; the mean of `overlaps` is the measure SEG.

    As the challenge defines it (Maška et al. 2014): an object R of the truth is matched by S when |R and S| > 0.5 |R|,
    which at most one S can do; it counts |R and S| / |R or S|, and 0 without a match.

    Example:
        >>> truth = np.array([[1, 1, 0, 2, 2]])
        >>> seg_measure(truth, np.array([[1, 1, 0, 3, 0]])).overlaps.tolist()  # half of 2 is not more than half
        [1.0, 0.0]
    """
    true_ids, true_at = np.unique(np.asarray(truth), return_inverse=True)
    found_ids, found_at = np.unique(np.asarray(found), return_inverse=True)
    pairs = true_at.ravel() * len(found_ids) + found_at.ravel()
    shared = np.bincount(pairs, minlength=len(true_ids) * len(found_ids)).reshape(len(true_ids), len(found_ids))
    true_sizes, found_sizes = shared.sum(axis=1, keepdims=True), shared.sum(axis=0, keepdims=True)
    objects = np.ix_(true_ids != 0, found_ids != 0)
    matched = (2 * shared > true_sizes)[objects]
    iou = (shared / (true_sizes + found_sizes - shared))[objects]
    inside = (2 * shared > found_sizes)[objects]
    return CellScore(
        overlaps=np.where(matched, iou, 0.0).sum(axis=1),
        splits=int((inside.sum(axis=1) > 1).sum()),
        merges=int((matched.sum(axis=0) > 1).sum()),
    )

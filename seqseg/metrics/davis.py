"""Region J and boundary F of one object's masks, with mean, recall and decay, as DAVIS has them.

Perazzi et al. 2016, "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation"; the boundary
measure is that of Martin et al. 2004 with matching by dilation, as the DAVIS toolkit does it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class DavisScore(NamedTuple):
    """A measure over a video: its mean, the share of frames above 0.5, the loss from first to last quarter."""

    mean: float
    recall: float
    decay: float


def region_similarity(mask: ArrayLike, prediction: ArrayLike, *, void: ArrayLike | None = None) -> float:
    """J, the IoU of two masks (h, w); 1 where both are empty.

    Args:
        mask: the truth, anything but 0 is the object.
        prediction: the same.
        void: pixels that do not count, boolean (h, w).

    Example:
        >>> region_similarity([[1, 1, 0]], [[1, 0, 0]])
        0.5
    """
    mask, prediction = _objects(mask, prediction, void)
    union = (mask | prediction).sum()
    return float((mask & prediction).sum() / union) if union else 1.0


def boundary_f(
    mask: ArrayLike, prediction: ArrayLike, *, void: ArrayLike | None = None, tolerance: float = 0.008
) -> float:
    """F, how well two outlines agree: F1 of the boundary pixels that have one of the other's near, (h, w) both.

    Args:
        mask: the truth, anything but 0 is the object.
        prediction: the same.
        void: pixels that do not count, boolean (h, w).
        tolerance: of the distance: below 1 a share of the diagonal, rounded up to pixels; from 1 on, pixels.

    Example:
        >>> disk = np.hypot(*np.mgrid[-20:21, -25:26]) < 15
        >>> boundary_f(disk, np.roll(disk, 1, axis=1))
        1.0
    """
    mask, prediction = _objects(mask, prediction, void)
    radius = tolerance if tolerance >= 1 else math.ceil(tolerance * math.hypot(*mask.shape))
    truth, found = boundary_of(mask), boundary_of(prediction)
    if not truth.any() or not found.any():
        return float(not truth.any() and not found.any())
    precision, recall = _near(found, truth, int(radius)), _near(truth, found, int(radius))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boundary_of(mask: np.ndarray) -> np.ndarray:
    """The boundary of a boolean mask (h, w), one pixel wide: where the pixel right, below or between differs."""
    edge = np.zeros(mask.shape, bool)
    edge[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    edge[:-1] |= mask[:-1] != mask[1:]
    edge[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return edge


def davis_summary(values: ArrayLike) -> DavisScore:
    """Mean, recall and decay of one measure over a video's frames; NaN frames do not count.

    Example:
        >>> davis_summary([0.75, 0.75, 0.75, 0.25])
        DavisScore(mean=0.625, recall=0.75, decay=0.25)
    """
    values = np.asarray(values, "float64")
    if not values.size or np.isnan(values).all():
        return DavisScore(math.nan, math.nan, math.nan)
    counted = values[~np.isnan(values)]
    # Quarters share their border frames, and halves are rounded up, as the toolkit does it.
    borders = np.round(np.linspace(1, len(values), 5) + 1e-10).astype(int) - 1
    first, last = values[borders[0] : borders[1] + 1], values[borders[3] : borders[4] + 1]
    decay = math.nan
    if not np.isnan(first).all() and not np.isnan(last).all():
        decay = float(np.nanmean(first) - np.nanmean(last))
    return DavisScore(float(counted.mean()), float((counted > 0.5).mean()), decay)


def davis_scores(
    masks: Sequence[ArrayLike], predictions: Sequence[ArrayLike], *, ends: bool = False
) -> tuple[DavisScore, DavisScore]:
    """J and F of a video, two `DavisScore`s.

    Args:
        masks: the truth, (t, h, w) or a list of (h, w), anything but 0 is the object.
        predictions: the same.
        ends: whether the first and last frame count; DAVIS leaves them out.

    Raises:
        ValueError: the lengths differ.

    Example:
        >>> masks = np.eye(7)[None].repeat(6, axis=0)
        >>> region, boundary = davis_scores(masks, masks)
        >>> region
        DavisScore(mean=1.0, recall=1.0, decay=0.0)
    """
    if len(masks) != len(predictions):
        raise ValueError(f"{len(masks)} masks and {len(predictions)} predictions must be equally many")
    pairs = list(zip(masks, predictions, strict=True))
    pairs = pairs if ends else pairs[1:-1]
    return (
        davis_summary([region_similarity(*pair) for pair in pairs]),
        davis_summary([boundary_f(*pair) for pair in pairs]),
    )


def _objects(mask: ArrayLike, prediction: ArrayLike, void: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    mask, prediction = np.asarray(mask) != 0, np.asarray(prediction) != 0
    if mask.shape != prediction.shape or mask.ndim != 2:
        raise ValueError(f"mask {mask.shape} and prediction {prediction.shape} must be of one shape (h, w)")
    return (mask, prediction) if void is None else (mask & ~np.asarray(void), prediction & ~np.asarray(void))


def _near(points: np.ndarray, targets: np.ndarray, radius: int) -> float:
    """The share of `points` that have a target within a disk, both boolean (h, w)."""
    height, width = targets.shape
    # Sums along rows answer whether a stretch of a row holds a target, for all points at once: no disk is drawn.
    sums = np.zeros((height, width + 1), "int32")
    np.cumsum(targets, axis=1, out=sums[:, 1:])
    rows, columns = np.nonzero(points)
    near = np.zeros(len(rows), bool)
    for down in range(-radius, radius + 1):
        reach = math.isqrt(radius**2 - down**2)
        row = np.clip(rows + down, 0, height - 1)
        left, right = np.maximum(columns - reach, 0), np.minimum(columns + reach + 1, width)
        near |= (sums[row, right] > sums[row, left]) & (row == rows + down)
    return float(near.mean())

"""Error bars: how a score varies over the choice of videos."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Interval(NamedTuple):
    """A confidence interval of a score; NaN when there are too few videos."""

    low: float
    high: float


def bootstrap_interval(
    videos: ArrayLike,
    statistic: Callable[[np.ndarray], float],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> Interval:
    """The percentile bootstrap (Efron 1979) over videos: frames of one video are alike, so whole videos are drawn.

    Args:
        videos: what was counted in each, (videos, ...): counts that add up, such as confusion matrices.
        statistic: from a sum of such counts, float64 (...), to a score.
        level: the confidence, between 0 and 1.
        resamples: how many sets of videos are drawn.
        seed: the same seed, the same interval.

    Returns:
        An `Interval`; NaN, NaN with less than two videos.

    Raises:
        ValueError: the level is not between 0 and 1.

    Example:
        >>> confusions = [[[6, 2], [1, 3]], [[9, 0], [2, 4]], [[5, 1], [3, 3]]]
        >>> bootstrap_interval(confusions, lambda confusion: round(mean_present(iou_from_confusion(confusion)), 3))
        Interval(low=0.492, high=0.742)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}; 0.95 is usual")
    videos = np.asarray(videos)
    if len(videos) < 2:
        return Interval(float("nan"), float("nan"))
    times_drawn = np.random.default_rng(seed).multinomial(len(videos), np.full(len(videos), 1 / len(videos)), resamples)
    sums = np.tensordot(times_drawn.astype("float64"), videos.astype("float64"), axes=1)
    scores = np.array([statistic(drawn) for drawn in sums], "float64")
    scores = scores[~np.isnan(scores)]
    if not scores.size:
        return Interval(float("nan"), float("nan"))
    return Interval(*map(float, np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])))


def bootstrap_mean(values: ArrayLike, *, level: float = 0.95, resamples: int = 1000, seed: int = 0) -> Interval:
    """The interval of a mean over videos of one value each, (videos,): TC, VC or J; NaN values do not count.

    Example:
        >>> bootstrap_mean([0.75, 0.75, 0.75])
        Interval(low=0.75, high=0.75)
    """
    values = np.asarray(values, "float64")
    values = values[~np.isnan(values)]
    counts = np.stack([values, np.ones(len(values))], axis=-1)
    return bootstrap_interval(counts, lambda sums: sums[0] / sums[1], level=level, resamples=resamples, seed=seed)

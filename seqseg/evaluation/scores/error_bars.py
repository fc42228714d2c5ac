"""Error bars of the scores of an evaluation: how they would vary over other videos."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from seqseg.metrics import Interval, bootstrap_interval, mean_present


class VideoCounts(NamedTuple):
    """The counts of one video, enough for all scores.

    `classes` is int64 (3, classes): pixels found, labelled and predicted as each class. `flicker` is int64 (2,):
    pixels whose prediction changed where the label stayed, and pixels whose label stayed.
    """

    name: str
    frames: int
    classes: np.ndarray
    flicker: np.ndarray

    @property
    def miou(self) -> float:
        """The mean IoU of this video, of the classes that occur in it."""
        return _mean_iou(self.classes)

    @property
    def flicker_rate(self) -> float:
        """The fraction of pixels that flicker in this video; NaN where no label stays."""
        return flicker_of(self.flicker)


def error_bars(videos: Sequence[VideoCounts], *, several: bool = False) -> dict[str, Interval]:
    """The 95 % interval of each score, by its name, from a bootstrap over videos; empty below two videos.

    With `several` classes a pixel, only the scores that exist there.
    """
    if len(videos) < 2:
        return {}
    classes = np.stack([video.classes for video in videos])
    scores = {name: _SCORES[name] for name in ("miou", "mean_dice")} if several else _SCORES
    bars = {name: bootstrap_interval(classes, score) for name, score in scores.items()}
    return bars | {"flicker": bootstrap_interval(np.stack([video.flicker for video in videos]), flicker_of)}


def flicker_of(counts: np.ndarray) -> float:
    """The flicker rate of counts (2,), changed and steady; NaN where no label stays."""
    changed, steady = counts
    return float(changed / steady) if steady else float("nan")


def _mean_iou(counts: np.ndarray) -> float:
    hits, labelled, predicted = counts
    return mean_present(_ratio(hits, labelled + predicted - hits))


def _mean_dice(counts: np.ndarray) -> float:
    hits, labelled, predicted = counts
    return mean_present(_ratio(2 * hits, labelled + predicted))


def _pixel_accuracy(counts: np.ndarray) -> float:
    hits, labelled, _ = counts
    return float(_ratio(hits.sum(), labelled.sum()))


def _mean_accuracy(counts: np.ndarray) -> float:
    hits, labelled, _ = counts
    return mean_present(_ratio(hits, labelled))


def _frequency_weighted_iou(counts: np.ndarray) -> float:
    hits, labelled, predicted = counts
    return float(_ratio(np.nansum(labelled * _ratio(hits, labelled + predicted - hits)), labelled.sum()))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))


_SCORES: dict[str, Callable[[np.ndarray], float]] = {
    "miou": _mean_iou,
    "pixel_accuracy": _pixel_accuracy,
    "mean_accuracy": _mean_accuracy,
    "mean_dice": _mean_dice,
    "frequency_weighted_iou": _frequency_weighted_iou,
}

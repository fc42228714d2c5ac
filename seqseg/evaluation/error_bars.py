"""How sure the scores of an evaluation are: what they would be on other videos."""

from typing import NamedTuple

import numpy as np

from seqseg.metrics import bootstrap_interval, mean_present


class VideoCounts(NamedTuple):
    """What was counted in one video, enough for all scores.

    `classes` is int64 (3, classes): pixels found, labelled and predicted as each class. `flicker` is int64 (2,):
    pixels whose prediction changed where the label stayed, and pixels whose label stayed.
    """

    name: str
    frames: int
    classes: np.ndarray
    flicker: np.ndarray

    @property
    def miou(self):
        """The mean IoU in this video alone, of the classes that are there."""
        return _mean_iou(self.classes)

    @property
    def flicker_rate(self):
        """The share of pixels that flicker in this video; NaN where nothing could."""
        return flicker_of(self.flicker)


def error_bars(videos, *, several=False):
    """The 95 % interval of each score, by its name, from a bootstrap over `VideoCounts`; empty below two videos.

    With `several` classes a pixel, those of the scores that make sense there.
    """
    if len(videos) < 2:
        return {}
    classes = np.stack([video.classes for video in videos])
    scores = {name: _SCORES[name] for name in ("miou", "mean_dice")} if several else _SCORES
    bars = {name: bootstrap_interval(classes, score) for name, score in scores.items()}
    return bars | {"flicker": bootstrap_interval(np.stack([video.flicker for video in videos]), flicker_of)}


def flicker_of(counts):
    """The flicker rate of counts (2,), changed and steady; NaN where nothing could flicker."""
    changed, steady = counts
    return float(changed / steady) if steady else float("nan")


def _mean_iou(counts):
    hits, labelled, predicted = counts
    return mean_present(_ratio(hits, labelled + predicted - hits))


def _mean_dice(counts):
    hits, labelled, predicted = counts
    return mean_present(_ratio(2 * hits, labelled + predicted))


def _pixel_accuracy(counts):
    hits, labelled, _ = counts
    return float(_ratio(hits.sum(), labelled.sum()))


def _mean_accuracy(counts):
    hits, labelled, _ = counts
    return mean_present(_ratio(hits, labelled))


def _frequency_weighted_iou(counts):
    hits, labelled, predicted = counts
    return float(_ratio(np.nansum(labelled * _ratio(hits, labelled + predicted - hits)), labelled.sum()))


def _ratio(part, whole):
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)


_SCORES = {
    "miou": _mean_iou,
    "pixel_accuracy": _pixel_accuracy,
    "mean_accuracy": _mean_accuracy,
    "mean_dice": _mean_dice,
    "frequency_weighted_iou": _frequency_weighted_iou,
}

"""The result of an evaluation where a pixel may show several classes: each is a binary problem."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from seqseg.evaluation.scores.class_scores import ClassScores
from seqseg.evaluation.scores.error_bars import VideoCounts, error_bars
from seqseg.evaluation.scores.score_text import (
    WorstFrame,
    bars_line,
    facts_of_videos,
    facts_of_worst,
    number_or_none,
    percent,
)
from seqseg.metrics import Interval, multi_label_dice, multi_label_iou


@dataclasses.dataclass(frozen=True)
class MultiLabelEvaluation(ClassScores):
    """Scores of a model on a set of videos, all from one table of counts.

    Attributes:
        classes: their names.
        counts: int64 (classes, 4): true positives, false positives, false negatives, true negatives.
        frames: how many labelled frames were counted.
        worst: the frames with the lowest mean IoU, the lowest first; their predictions are planes (h, w, classes).
        videos: the counts of each video with a labelled pixel, in order.

    Example:
        >>> data = open_data("shapes:multi_label=1", split="val")
        >>> print(evaluate_clips(model, data, timesteps=8).table())
    """

    classes: tuple[str, ...]
    counts: np.ndarray
    frames: int
    worst: list[WorstFrame]
    videos: tuple[VideoCounts, ...] = ()

    @property
    def iou(self) -> np.ndarray:
        return multi_label_iou(self.counts)

    @property
    def dice(self) -> np.ndarray:
        return multi_label_dice(self.counts)

    @property
    def precision(self) -> np.ndarray:
        """The fraction of the predicted pixels that are right, (classes,); NaN where none was predicted."""
        hits, alarms, _, _ = self.counts.T
        return _ratio(hits, hits + alarms)

    @property
    def recall(self) -> np.ndarray:
        """The fraction of the labelled pixels that were found, (classes,); NaN where none is labelled."""
        hits, _, misses, _ = self.counts.T
        return _ratio(hits, hits + misses)

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        return error_bars(self.videos, several=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; None where a class is absent."""
        return {
            "miou": number_or_none(self.miou),
            "mean_dice": number_or_none(self.mean_dice),
            "flicker": number_or_none(self.flicker),
            "intervals": self.interval_facts(),
            "frames": self.frames,
            "classes": list(self.classes),
            **{name: [number_or_none(value) for value in getattr(self, name)] for name in _COLUMNS},
            "counts": self.counts.tolist(),
            "worst": facts_of_worst(self.worst),
            "videos": facts_of_videos(self.videos),
        }

    def table(self) -> str:
        """The scores as lines for a terminal: the best class first, absent ones last."""
        share = self.counts[:, [0, 2]].sum(1) / np.maximum(1, self.counts.sum(1))
        columns = {
            "IoU": self.iou, "Dice": self.dice, "precision": self.precision, "recall": self.recall, "labelled": share
        }  # fmt: skip
        summary = f"mIoU {percent(self.miou).strip()}   mean Dice {percent(self.mean_dice).strip()}"
        summary += "" if math.isnan(self.flicker) else f"   flicker {100 * self.flicker:.2f}"
        summary += f"   {self.frames} frames; a pixel may show several classes"
        bars = bars_line(self, (("mIoU", "miou", 1), ("mean Dice", "mean_dice", 1)))
        return "\n".join(self.class_table(columns, summary) + bars)


_COLUMNS = ("iou", "dice", "precision", "recall")


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0))

"""What all results of an evaluation share: scores of classes, error bars over videos, the table."""

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from seqseg.evaluation.scores.error_bars import VideoCounts, error_bars, flicker_of
from seqseg.evaluation.scores.score_text import WorstFrame, number_or_none, percent
from seqseg.metrics import Interval, mean_present


class ClassScores(ABC):
    """Scores of each class, with means over the classes that occur.

    Attributes:
        classes: their names.
        frames: how many labelled frames were counted.
        worst: the frames with the lowest mean IoU, the lowest first.
        videos: the counts of each video with a labelled pixel, in order.
    """

    classes: tuple[str, ...]
    frames: int
    worst: list[WorstFrame]
    videos: tuple[VideoCounts, ...]

    @property
    @abstractmethod
    def iou(self) -> np.ndarray:
        """Intersection over union of each class (classes,); NaN where neither labels nor predictions have it."""

    @property
    @abstractmethod
    def dice(self) -> np.ndarray:
        """Dice (F1) of each class (classes,)."""

    @property
    def miou(self) -> float:
        """The mean IoU of the classes that occur."""
        return mean_present(self.iou)

    @property
    def mean_dice(self) -> float:
        """The mean Dice of the classes that occur."""
        return mean_present(self.dice)

    @property
    def flicker(self) -> float:
        """The fraction of pixels with a constant label from one frame to the next whose prediction changes."""
        return flicker_of(sum((video.flicker for video in self.videos), np.zeros(2, "int64")))

    @functools.cached_property
    def intervals(self) -> dict[str, Interval]:
        """The 95 % interval of each score by bootstrap over videos, by its name; empty below two videos."""
        return error_bars(self.videos)

    def interval_facts(self) -> dict[str, list[float | None]]:
        """`intervals` as plain data."""
        return {name: [number_or_none(end) for end in interval] for name, interval in self.intervals.items()}

    def class_table(self, columns: Mapping[str, Sequence[float]], summary: str) -> list[str]:
        """A row a class, the best first and absent ones last, then the summary; `columns` begin with the IoU."""
        width = max(len("class"), *map(len, self.classes))
        scores = list(zip(self.classes, *columns.values(), strict=True))
        scores.sort(key=lambda entry: -math.inf if math.isnan(entry[1]) else entry[1], reverse=True)
        rows = ["  ".join([f"{'class':<{width}}", *(f"{title:>5}" for title in columns)])]
        for name, *numbers in scores:
            cells = (f"{percent(number):>{max(5, len(title))}}" for title, number in zip(columns, numbers, strict=True))
            rows.append("  ".join([f"{name:<{width}}", *cells]))
        rows.append(summary)
        absent = sum(math.isnan(entry[1]) for entry in scores)
        if absent:
            rows.append(f"{absent} of {len(scores)} classes neither labelled nor predicted (–): left out of the means")
        return rows

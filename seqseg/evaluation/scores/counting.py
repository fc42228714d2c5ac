"""How predictions are counted against labels: one class a pixel, or a yes or no for each class."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seqseg.data.labels.planes import unpack_planes
from seqseg.data.video import VideoSet
from seqseg.metrics import (
    confusion_matrix,
    iou_from_confusion,
    mean_present,
    multi_label_counts,
    multi_label_iou,
    pixel_accuracy,
)


class Counting(Protocol):
    """Makes counts of frames, which add up, and scores from them."""

    @property
    def shape(self) -> tuple[int, int]:
        """Of the counts."""

    def labels(self, mask: np.ndarray) -> np.ndarray:
        """A mask of the set as it is compared: (h, w), or planes (h, w, classes)."""

    def count(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The counts of labels and predictions of one shape, int64."""

    def iou(self, counts: np.ndarray) -> np.ndarray:
        """The IoU of each class, (classes,); NaN where it is neither labelled nor predicted."""

    def accuracy(self, counts: np.ndarray) -> float:
        """The fraction of right answers."""

    def by_class(self, counts: np.ndarray) -> np.ndarray:
        """Pixels found, labelled and predicted as each class, int64 (3, classes)."""


def counting_of(data: VideoSet) -> Counting:
    """The `Counting` for a `VideoSet`."""
    return (PlaneCounting if data.multi_label else ClassCounting)(len(data.classes), data.void)


@dataclass(frozen=True)
class ClassCounting:
    """One class a pixel: a confusion matrix (classes, classes)."""

    classes: int
    void: int

    @property
    def shape(self) -> tuple[int, int]:
        return (self.classes, self.classes)

    def labels(self, mask: np.ndarray) -> np.ndarray:
        return mask

    def count(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        return confusion_matrix(labels, predictions, self.classes, void=self.void)

    def iou(self, counts: np.ndarray) -> np.ndarray:
        return iou_from_confusion(counts)

    def accuracy(self, counts: np.ndarray) -> float:
        return pixel_accuracy(counts)

    def by_class(self, counts: np.ndarray) -> np.ndarray:
        return np.stack([np.diag(counts), counts.sum(1), counts.sum(0)])


@dataclass(frozen=True)
class PlaneCounting:
    """Each class by itself: true positives, false positives, false negatives, true negatives, (classes, 4)."""

    classes: int
    void: int

    @property
    def shape(self) -> tuple[int, int]:
        return (self.classes, 4)

    def labels(self, mask: np.ndarray) -> np.ndarray:
        return unpack_planes(mask, self.classes)

    def count(self, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        return multi_label_counts(labels, predictions, void=self.void)

    def iou(self, counts: np.ndarray) -> np.ndarray:
        return multi_label_iou(counts)

    def accuracy(self, counts: np.ndarray) -> float:
        hits, _, _, left_out = counts.sum(0)
        return float((hits + left_out) / counts.sum()) if counts.any() else float("nan")

    def by_class(self, counts: np.ndarray) -> np.ndarray:
        hits, alarms, misses, _ = counts.T
        return np.stack([hits, hits + misses, hits + alarms])


def mean_iou(counting: Counting, counts: np.ndarray) -> float:
    """The mean IoU of the classes that occur."""
    return mean_present(counting.iou(counts))

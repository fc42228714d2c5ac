"""How answers are counted against labels: one class a pixel, or a yes or no for each class."""

from typing import NamedTuple, Protocol

import numpy as np

from seqseg.data.labels.planes import unpack_planes
from seqseg.metrics import (
    confusion_matrix,
    iou_from_confusion,
    mean_present,
    multi_label_counts,
    multi_label_iou,
    pixel_accuracy,
)


class Counting(Protocol):
    """Counts of frames add up; from them come all scores.

    Attributes:
        shape: of the counts.
    """

    shape: tuple

    def labels(self, mask):
        """A mask of the set as it is compared: (h, w), or planes (h, w, classes)."""

    def count(self, labels, predictions):
        """The counts of labels and predictions of one shape, int64."""

    def iou(self, counts):
        """The IoU of each class, (classes,); NaN where it is neither labelled nor predicted."""

    def accuracy(self, counts):
        """The share of right answers."""

    def by_class(self, counts):
        """Pixels found, labelled and predicted as each class, int64 (3, classes)."""


def counting_of(data):
    """The `Counting` for a `VideoSet`."""
    return (PlaneCounting if data.multi_label else ClassCounting)(len(data.classes), data.void)


class ClassCounting(NamedTuple):
    """One class a pixel: a confusion matrix (classes, classes)."""

    classes: int
    void: int

    @property
    def shape(self):
        return (self.classes, self.classes)

    def labels(self, mask):
        return mask

    def count(self, labels, predictions):
        return confusion_matrix(labels, predictions, self.classes, void=self.void)

    def iou(self, counts):
        return iou_from_confusion(counts)

    def accuracy(self, counts):
        return pixel_accuracy(counts)

    def by_class(self, counts):
        return np.stack([np.diag(counts), counts.sum(1), counts.sum(0)])


class PlaneCounting(NamedTuple):
    """Each class by itself: hits, false alarms, misses, rightly left out, (classes, 4)."""

    classes: int
    void: int

    @property
    def shape(self):
        return (self.classes, 4)

    def labels(self, mask):
        return unpack_planes(mask, self.classes)

    def count(self, labels, predictions):
        return multi_label_counts(labels, predictions, void=self.void)

    def iou(self, counts):
        return multi_label_iou(counts)

    def accuracy(self, counts):
        hits, _, _, left_out = counts.sum(0)
        return float((hits + left_out) / counts.sum()) if counts.any() else float("nan")

    def by_class(self, counts):
        hits, alarms, misses, _ = counts.T
        return np.stack([hits, hits + misses, hits + alarms])


def mean_iou(counting, counts):
    """The mean IoU of the classes that are there."""
    return mean_present(counting.iou(counts))

"""Scores for pixels with several classes: each class is counted as a binary problem."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from seqseg.layers.tensor import Config, Tensor
from seqseg.metrics.exact_counts import add_counts, total_counts
from seqseg.metrics.streaming_confusion import mean_ratio


def multi_label_counts(labels: ArrayLike, predictions: ArrayLike, *, void: int = 255) -> np.ndarray:
    """Count each class separately, int64 (classes, 4): TP, FP, FN, TN. Tables add up.

    Args:
        labels: 0, 1 or `void`, (..., classes).
        predictions: 0 or 1 (or booleans) of the same shape; for logits that is `logits > 0`.
        void: the label that does not count, for one class of one pixel.

    Raises:
        ValueError: the shapes differ, or a value is none of these.

    Example:
        >>> multi_label_counts([[1, 0], [1, 255]], [[1, 1], [0, 1]])
        array([[1, 0, 1, 0],
               [0, 1, 0, 0]])
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(f"labels {labels.shape} and predictions {predictions.shape} must be of one shape")
    if not np.isin(labels, (0, 1, void)).all():
        raise ValueError(f"labels hold {labels.min()} to {labels.max()}, expected 0, 1 or void ({void})")
    if not np.isin(predictions, (0, 1)).all():
        raise ValueError("predictions must be 0 or 1; for logits use `logits > 0`, for probabilities `> 0.5`")
    axes = tuple(range(labels.ndim - 1))
    there, chosen, counted = labels == 1, predictions == 1, labels != void
    cells = [there & chosen, ~there & chosen, there & ~chosen, ~there & ~chosen]
    return np.stack([(cell & counted).sum(axes) for cell in cells], axis=-1).astype("int64")


def multi_label_iou(counts: ArrayLike) -> np.ndarray:
    """IoU of each class from `multi_label_counts`, (classes,); NaN where it is neither labelled nor predicted."""
    hits, alarms, misses, _ = np.asarray(counts, "float64").T
    return _ratio(hits, hits + alarms + misses)


def multi_label_dice(counts: ArrayLike) -> np.ndarray:
    """Dice, which is F1, of each class from `multi_label_counts`, (classes,); NaN where it does not occur."""
    hits, alarms, misses, _ = np.asarray(counts, "float64").T
    return _ratio(2 * hits, 2 * hits + alarms + misses)


def multi_label_accuracy(counts: ArrayLike) -> np.ndarray:
    """The share of right answers for each class from `multi_label_counts`, (classes,); NaN without labels."""
    hits, alarms, misses, left_out = np.asarray(counts, "float64").T
    return _ratio(hits + left_out, hits + alarms + misses + left_out)


def exact_match(labels: ArrayLike, predictions: ArrayLike, *, void: int = 255) -> float:
    """The share of pixels all of whose classes are right (subset accuracy); those void throughout do not count."""
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    right = ((labels == predictions) | (labels == void)).all(axis=-1)
    counted = (labels != void).any(axis=-1)
    return float(_ratio((right & counted).sum(), counted.sum()))


def _ratio(part: Any, whole: Any) -> Any:
    whole = np.asarray(whole, "float64")
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


class MultiLabelMetric(keras.metrics.Metric):
    """Base class: labels 0, 1 or void (..., classes); logits (..., classes), positive where above 0."""

    def __init__(self, classes: int, *, void: int = 255, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.classes = classes
        self.void = void
        self.low = self.add_variable((3, classes), initializer="zeros", dtype="float32", name="low")
        self.high = self.add_variable((3, classes), initializer="zeros", dtype="float32", name="high")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count a batch. Sample weights raise an error: a pixel counts or is void."""
        if sample_weight is not None:
            raise ValueError(
                f"{type(self).__name__} counts pixels: mark those that do not count as void instead of weighing them"
            )
        labels = ops.reshape(ops.cast(y_true, "int32"), (-1, self.classes))
        chosen = ops.cast(ops.reshape(y_pred, (-1, self.classes)) > 0, "int32")
        there = ops.cast(ops.equal(labels, 1), "int32")
        chosen = chosen * ops.cast(ops.not_equal(labels, self.void), "int32")
        cells = [there * chosen, (1 - there) * chosen, there * (1 - chosen)]
        add_counts(self.low, self.high, ops.stack([ops.sum(cell, axis=0) for cell in cells]))

    def hits_alarms_misses(self) -> Tensor:
        """What was counted for each class: three (classes,)."""
        return ops.unstack(total_counts(self.low, self.high), 3)

    def get_config(self) -> Config:
        return super().get_config() | {"classes": self.classes, "void": self.void}


@keras.saving.register_keras_serializable("seqseg")
class MultiLabelIoU(MultiLabelMetric):
    """Mean IoU over classes that may overlap; classes that do not occur are left out.

    Example:
        >>> metric = MultiLabelIoU(3)
        >>> metric.update_state([[1, 0, 255]], [[2.0, 0.5, -1.0]])
        >>> float(metric.result())
        0.5
    """

    def __init__(self, classes: int, *, void: int = 255, name: str = "multi_label_iou", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, alarms, misses = self.hits_alarms_misses()
        return mean_ratio(hits, hits + alarms + misses)


@keras.saving.register_keras_serializable("seqseg")
class MultiLabelDice(MultiLabelMetric):
    """Mean Dice, which is F1, over classes that may overlap; classes that do not occur are left out."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "multi_label_dice", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, alarms, misses = self.hits_alarms_misses()
        return mean_ratio(2 * hits, 2 * hits + alarms + misses)

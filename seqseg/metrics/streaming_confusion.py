"""Scores from one confusion matrix as Keras metrics, on any backend, inside compiled steps.

Labels are (n, t, h, w), logits (n, t, h, w, classes); any leading axes do. One confusion matrix over all batches since
the last reset, never a mean of means. Classes that neither labels nor predictions have are left out of the means;
before the first labelled pixel every score is 0.

Example:
    >>> model.compile(optimizer="adamw", loss=CrossEntropy(), metrics=[MeanIoU(11), MeanDice(11), PixelAccuracy(11)])
"""

from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.metrics.exact_counts import add_counts, total_counts


class ConfusionMetric(keras.metrics.Metric):
    """Base class: counts a confusion matrix; subclasses compute their score from it in `result`.

    Args:
        classes: how many.
        void: the label of pixels that do not count.
    """

    def __init__(self, classes: int, *, void: int = 255, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.classes = classes
        self.void = void
        self.low = self.add_variable((classes, classes), initializer="zeros", dtype="float32", name="low")
        self.high = self.add_variable((classes, classes), initializer="zeros", dtype="float32", name="high")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Count a batch. Sample weights raise an error: a pixel counts or is void."""
        if sample_weight is not None:
            raise ValueError(
                f"{type(self).__name__} counts pixels: mark those that do not count as void instead of weighing them"
            )
        counts = self._count(ops.cast(y_true, "int32"), ops.cast(ops.argmax(y_pred, axis=-1), "int32"))
        add_counts(self.low, self.high, counts)

    def confusion(self) -> Tensor:
        """The table so far as a tensor, float32 (classes, classes): row = the label, column = the prediction."""
        return total_counts(self.low, self.high)

    def hits_labelled_predicted(self) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels of each class that were found, that are labelled so, that are predicted so: three (classes,)."""
        confusion = self.confusion()
        return ops.diagonal(confusion), ops.sum(confusion, axis=1), ops.sum(confusion, axis=0)

    def get_config(self) -> Config:
        return super().get_config() | {"classes": self.classes, "void": self.void}

    def _count(self, labels: Tensor, predictions: Tensor) -> Tensor:
        cells = self.classes**2
        # Void pixels go to one cell more, which is then cut off: shapes stay fixed, as compilers need them.
        cell = ops.where(ops.equal(labels, self.void), cells, labels * self.classes + predictions)
        ones = ops.ones_like(ops.reshape(cell, (-1,)))
        counts = ops.segment_sum(ones, ops.reshape(cell, (-1,)), num_segments=cells + 1)
        return ops.reshape(counts[:cells], (self.classes, self.classes))


@keras.saving.register_keras_serializable("seqseg")
class MeanIoU(ConfusionMetric):
    """Mean intersection over union."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "miou", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, predicted = self.hits_labelled_predicted()
        return mean_ratio(hits, labelled + predicted - hits)


@keras.saving.register_keras_serializable("seqseg")
class MeanDice(ConfusionMetric):
    """Mean Dice of the classes, which is the mean of their F1."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "dice", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, predicted = self.hits_labelled_predicted()
        return mean_ratio(2 * hits, labelled + predicted)


@keras.saving.register_keras_serializable("seqseg")
class PixelAccuracy(ConfusionMetric):
    """The share of labelled pixels with the right class."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "pixel_accuracy", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, _ = self.hits_labelled_predicted()
        return ops.sum(hits) / ops.maximum(ops.sum(labelled), 1.0)


@keras.saving.register_keras_serializable("seqseg")
class PixelError(ConfusionMetric):
    """E1, the share of labelled pixels with a wrong class."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "e1", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, _ = self.hits_labelled_predicted()
        return (ops.sum(labelled) - ops.sum(hits)) / ops.maximum(ops.sum(labelled), 1.0)


@keras.saving.register_keras_serializable("seqseg")
class MeanAccuracy(ConfusionMetric):
    """The mean over labelled classes of the share of their pixels that was found."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "mean_accuracy", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, _ = self.hits_labelled_predicted()
        return mean_ratio(hits, labelled)


@keras.saving.register_keras_serializable("seqseg")
class FrequencyWeightedIoU(ConfusionMetric):
    """Mean IoU weighted by the labelled pixels of each class (Long et al. 2015)."""

    def __init__(self, classes: int, *, void: int = 255, name: str = "fwiou", dtype: Any = None) -> None:
        super().__init__(classes, void=void, name=name, dtype=dtype)

    def result(self) -> Tensor:
        hits, labelled, predicted = self.hits_labelled_predicted()
        iou = hits / ops.maximum(labelled + predicted - hits, 1.0)
        return ops.sum(labelled * iou) / ops.maximum(ops.sum(labelled), 1.0)


def mean_ratio(part: Tensor, whole: Tensor) -> Tensor:
    """The mean of part / whole, tensors (classes,), over the classes whose whole is not 0; 0 if all are."""
    present = ops.cast(whole > 0, "float32")
    return ops.sum(part / ops.maximum(whole, 1.0) * present) / ops.maximum(ops.sum(present), 1.0)

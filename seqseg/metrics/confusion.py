"""Confusion matrices, counted exactly in numpy, and the scores from them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, classes: int, *, void: int = 255) -> np.ndarray:
    """Count pixels, int64 (classes, classes): row = the label, column = the prediction. Tables of batches add up.

    Args:
        labels: integers of any shape; `void` pixels do not count.
        predictions: classes, of the same shape.
        classes: how many.

    Raises:
        ValueError: the shapes differ, or a value is neither a class nor (for labels) void.

    Example:
        >>> confusion_matrix([0, 0, 1, 255], [0, 1, 1, 0], 2)
        array([[1, 1],
               [0, 1]])
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(f"labels {labels.shape} and predictions {predictions.shape} must be of one shape")
    counted = labels != void
    labels, predictions = labels[counted].astype("int64"), predictions[counted].astype("int64")
    for name, values in (("labels", labels), ("predictions", predictions)):
        if values.size and not 0 <= values.min() <= values.max() < classes:
            raise ValueError(f"{name} hold {values.min()} to {values.max()}, expected classes 0 to {classes - 1}")
    return np.bincount(labels * classes + predictions, minlength=classes**2).reshape(classes, classes)


def iou_from_confusion(confusion: ArrayLike) -> np.ndarray:
    """Intersection over union of each class, float64 (classes,); NaN where neither labels nor predictions have it."""
    confusion = np.asarray(confusion, "float64")
    hits = np.diag(confusion)
    return _ratio(hits, confusion.sum(0) + confusion.sum(1) - hits)


def dice_from_confusion(confusion: ArrayLike) -> np.ndarray:
    """Dice of each class, which is F1: 2 hits / (labelled + predicted), (classes,); NaN where neither has it.

    Example:
        >>> dice_from_confusion([[6, 2], [1, 3]])
        array([0.8       , 0.66666667])
    """
    confusion = np.asarray(confusion, "float64")
    return _ratio(2 * np.diag(confusion), confusion.sum(0) + confusion.sum(1))


def frequency_weighted_iou(confusion: ArrayLike) -> float:
    """The mean IoU weighted by the labelled pixels of each class (Long et al. 2015); NaN without labels.

    Example:
        >>> round(frequency_weighted_iou([[6, 2], [1, 3]]), 3)
        0.611
    """
    confusion = np.asarray(confusion, "float64")
    labelled = confusion.sum(1)
    return float(_ratio(np.nansum(labelled * iou_from_confusion(confusion)), labelled.sum()))


def class_accuracy(confusion: ArrayLike) -> np.ndarray:
    """The share of each class's labelled pixels that were found (recall), (classes,); NaN where it has no label."""
    confusion = np.asarray(confusion, "float64")
    return _ratio(np.diag(confusion), confusion.sum(1))


def pixel_accuracy(confusion: ArrayLike) -> float:
    """The share of labelled pixels with the right class; NaN without labels."""
    confusion = np.asarray(confusion, "float64")
    return float(_ratio(np.trace(confusion), confusion.sum()))


def pixel_error(confusion: ArrayLike) -> float:
    """E1, the share of labelled pixels with a wrong class: 1 - pixel accuracy; NaN without labels."""
    return 1.0 - pixel_accuracy(confusion)


def mean_present(values: ArrayLike) -> float:
    """The mean without the NaNs of absent classes; NaN if all are absent."""
    values = np.asarray(values, "float64")
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float("nan")


def _ratio(part: Any, whole: Any) -> Any:
    whole = np.asarray(whole, "float64")
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)

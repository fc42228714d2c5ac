"""How good it is."""

from seqseg.metrics.confusion import (
    class_accuracy,
    confusion_matrix,
    iou_from_confusion,
    mean_present,
    pixel_accuracy,
)
from seqseg.metrics.mean_iou import MeanIoU

__all__ = [
    "MeanIoU",
    "class_accuracy",
    "confusion_matrix",
    "iou_from_confusion",
    "mean_present",
    "pixel_accuracy",
]

"""Metrics: numpy functions, and Keras metrics for training."""

from seqseg.metrics.bootstrap import Interval, bootstrap_interval, bootstrap_mean
from seqseg.metrics.cell_tracking import CellScore, seg_measure
from seqseg.metrics.confusion import (
    class_accuracy,
    confusion_matrix,
    dice_from_confusion,
    frequency_weighted_iou,
    iou_from_confusion,
    mean_present,
    pixel_accuracy,
    pixel_error,
)
from seqseg.metrics.confusion_picture import confusion_picture
from seqseg.metrics.davis import DavisScore, boundary_f, davis_scores, davis_summary, region_similarity
from seqseg.metrics.flicker import FlickerRate
from seqseg.metrics.frame_psnr import FramePSNR
from seqseg.metrics.frame_quality import frame_mae, frame_mse, psnr, ssim
from seqseg.metrics.multi_label import (
    MultiLabelDice,
    MultiLabelIoU,
    exact_match,
    multi_label_accuracy,
    multi_label_counts,
    multi_label_dice,
    multi_label_iou,
)
from seqseg.metrics.streaming_confusion import (
    FrequencyWeightedIoU,
    MeanAccuracy,
    MeanDice,
    MeanIoU,
    PixelAccuracy,
    PixelError,
)
from seqseg.metrics.temporal import (
    consistency_confusion,
    dtssd,
    flicker_counts,
    flicker_rate,
    temporal_consistency,
    video_consistency,
    warp_labels,
)

__all__ = [
    "CellScore",
    "DavisScore",
    "FlickerRate",
    "FramePSNR",
    "FrequencyWeightedIoU",
    "Interval",
    "MeanAccuracy",
    "MeanDice",
    "MeanIoU",
    "MultiLabelDice",
    "MultiLabelIoU",
    "PixelAccuracy",
    "PixelError",
    "bootstrap_interval",
    "bootstrap_mean",
    "boundary_f",
    "class_accuracy",
    "confusion_matrix",
    "confusion_picture",
    "consistency_confusion",
    "davis_scores",
    "davis_summary",
    "dice_from_confusion",
    "dtssd",
    "exact_match",
    "flicker_counts",
    "flicker_rate",
    "frame_mae",
    "frame_mse",
    "frequency_weighted_iou",
    "iou_from_confusion",
    "mean_present",
    "multi_label_accuracy",
    "multi_label_counts",
    "multi_label_dice",
    "multi_label_iou",
    "pixel_accuracy",
    "pixel_error",
    "psnr",
    "region_similarity",
    "seg_measure",
    "ssim",
    "temporal_consistency",
    "video_consistency",
    "warp_labels",
]

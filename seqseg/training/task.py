"""What a run is scored by: labels of pixels, or frames that come."""

import dataclasses
from collections.abc import Callable

from seqseg.evaluation.pictures import frame_sheet, sample_sheet
from seqseg.training.next_frames.validation import validate_frames
from seqseg.training.validation import validate


@dataclasses.dataclass(frozen=True)
class Task:
    """One kind of training.

    Attributes:
        score: the column of metrics.csv that holds the training score; `val_` and it is the one that chooses the best.
        title: what people call it.
        columns: those of a validation.
        validate: setup -> a validation with `score`, `figures`, `loss` and `samples`.
        sheet: (samples, palette, void=) -> a picture.
        caption: of that picture.
    """

    score: str
    title: str
    columns: tuple
    validate: Callable
    sheet: Callable
    caption: str


SEGMENT = Task(
    "miou", "mIoU", ("val_miou", "val_pixel_accuracy"), validate, sample_sheet, "image | labels | prediction"
)
NEXT_FRAME = Task(
    "psnr",
    "PSNR",
    ("val_psnr", "val_ssim", "val_mse", "val_mae"),
    validate_frames,
    frame_sheet,
    "before | came | predicted",
)


def task_of(head):
    """The `Task` of a model with that head."""
    return NEXT_FRAME if head == "frame" else SEGMENT

"""The report of an epoch: a row of metrics.csv, curves, pictures, a line."""

import math
from collections.abc import Sequence
from types import TracebackType
from typing import TypeAlias

from seqseg.data.video import VideoSet
from seqseg.evaluation.pictures import encode_png
from seqseg.files import replacing
from seqseg.training.run import tensorboard
from seqseg.training.run.folder import RunFolder
from seqseg.training.run.progress import duration
from seqseg.training.tasks.task import Sample, Task

Row: TypeAlias = dict[str, float | str]
"""Column of metrics.csv -> value; empty text where an epoch was not validated."""


class EpochReport:
    """Writes the samples and curves of each epoch into a run folder.

    Args:
        folder: of the run.
        data: the validation set; its colours are drawn.
        epoch: how many epochs are finished already.
        task: of the run.
    """

    def __init__(self, folder: RunFolder, data: VideoSet, *, epoch: int, task: Task) -> None:
        self.folder = folder
        self.data = data
        self.task = task
        self.events = tensorboard.EventFile(folder.tensorboard, step=epoch) if tensorboard.AVAILABLE else None

    def __enter__(self) -> "EpochReport":
        if self.events:
            self.events.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.events:
            self.events.__exit__(kind, error, trace)

    def write(self, row: Row, samples: Sequence[Sample], class_iou: Sequence[float] = ()) -> None:
        """Add an epoch: its row of metrics.csv and, if it was validated, its samples and the IoU of each class."""
        epoch = int(row["epoch"])
        if self.events:
            curves = {CURVES[key]: value for key, value in row.items() if key in CURVES and not isinstance(value, str)}
            self.events.scalars(epoch, curves)
        if class_iou:
            self._write_classes(epoch, class_iou)
        if not samples:
            return
        sheet = self.task.sheet(samples, self.data)
        png = encode_png(sheet)
        with replacing(self.folder.samples / f"epoch_{epoch:04d}.png") as file:
            file.write(png)
        if self.events:
            self.events.picture(epoch, self.task.caption, sheet, png)

    def _write_classes(self, epoch: int, class_iou: Sequence[float]) -> None:
        scores = dict(zip(self.data.classes, class_iou, strict=True))
        self.folder.write_class_iou(epoch, scores)
        if self.events:
            seen = {f"class_iou/{name}": iou for name, iou in scores.items() if not math.isnan(iou)}
            self.events.scalars(epoch, seen)


CURVES = {
    "loss": "loss/train",
    "val_loss": "loss/validation",
    "miou": "miou/train",
    "val_miou": "miou/validation",
    "val_pixel_accuracy": "pixel_accuracy/validation",
    "psnr": "psnr/train",
    "val_psnr": "psnr/validation",
    "val_ssim": "ssim/validation",
    "val_mse": "mse/validation",
    "val_mae": "mae/validation",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}
"""Columns of metrics.csv and the names of their curves."""


def epoch_line(row: Row, epochs: int, *, best: bool, left: float | None, task: Task) -> str:
    """The line that stays: `epoch  3/50  loss 0.532  mIoU 0.41  validation loss 0.61  mIoU 0.39 (best)  …`."""
    parts = [f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}", f"loss {row['loss']:.4f}"]
    parts.append(f"{task.title} {row[task.score]:.3f}")
    scored = row[f"val_{task.score}"]
    if scored != "":
        parts += [f"validation loss {row['val_loss']:.4f}", f"{task.title} {scored:.3f}{' (best)' if best else ''}"]
    parts.append(duration(float(row["seconds"])))
    if left:
        parts.append(f"{duration(left)} left")
    return "  ".join(parts)

"""What is left of an epoch for people to look at: a row, curves, pictures, a line."""

from seqseg.training import tensorboard
from seqseg.training.checkpoints import replacing
from seqseg.training.pictures import encode_png, sample_sheet
from seqseg.training.progress import duration


class EpochReport:
    """Writes the samples and curves of each epoch into a run folder.

    Args:
        folder: a `RunFolder`.
        data: the `VideoSet` that is validated on; its colours are drawn.
        epoch: epochs that are over already.
    """

    def __init__(self, folder, data, *, epoch):
        self.folder = folder
        self.data = data
        self.events = tensorboard.EventFile(folder.tensorboard, step=epoch) if tensorboard.AVAILABLE else None

    def __enter__(self):
        if self.events:
            self.events.__enter__()
        return self

    def __exit__(self, *trace):
        if self.events:
            self.events.__exit__(*trace)

    def write(self, row, samples):
        """Add an epoch: its row of metrics.csv and, if it was validated, its samples (image, labels, prediction)."""
        epoch = row["epoch"]
        if self.events:
            curves = {CURVES[key]: value for key, value in row.items() if key in CURVES and value != ""}
            self.events.scalars(epoch, curves)
        if not samples:
            return
        sheet = sample_sheet(samples, self.data.palette, void=self.data.void)
        png = encode_png(sheet)
        with replacing(self.folder.samples / f"epoch_{epoch:04d}.png") as file:
            file.write(png)
        if self.events:
            self.events.picture(epoch, "image | labels | prediction", sheet, png)


CURVES = {
    "loss": "loss/train",
    "val_loss": "loss/validation",
    "miou": "miou/train",
    "val_miou": "miou/validation",
    "val_pixel_accuracy": "pixel_accuracy/validation",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}
"""Columns of metrics.csv and the names of their curves."""


def epoch_line(row, epochs, *, best, left):
    """The line that stays: `epoch  3/50  loss 0.532  mIoU 0.41  validation loss 0.61  mIoU 0.39 (best)  …`."""
    parts = [f"epoch {row['epoch']:>{len(str(epochs))}}/{epochs}", f"loss {row['loss']:.4f}", f"mIoU {row['miou']:.3f}"]
    if row["val_miou"] != "":
        parts += [f"validation loss {row['val_loss']:.4f}", f"mIoU {row['val_miou']:.3f}{' (best)' if best else ''}"]
    parts.append(duration(row["seconds"]))
    if left:
        parts.append(f"{duration(left)} left")
    return "  ".join(parts)

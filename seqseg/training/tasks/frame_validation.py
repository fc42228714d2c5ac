"""The score of predicted frames after an epoch, by OpenSTL's conventions (Tan et al. 2023)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqseg.metrics.frame_by_frame import frame_figures
from seqseg.training.tasks.task import Sample, Validated, shown_clips


@dataclass(frozen=True)
class FrameValidation:
    """The result of a validation.

    Attributes:
        figures: {"val_psnr", "val_ssim", "val_mse", "val_mae"}: means over frames of `frame_figures`.
        loss: the same mean as in training.
        samples: (the current frame, the next one, its prediction) of some clips.
    """

    figures: dict[str, float]
    loss: float
    samples: list[Sample]

    @property
    def score(self) -> float:
        """PSNR in decibels."""
        return self.figures["val_psnr"]

    @property
    def class_iou(self) -> list[float]:
        """Frames have no classes."""
        return []


def validate_frames(
    setup: Validated,
    *,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[int], None] = lambda batch: None,
) -> FrameValidation | None:
    """Predict the validation set; None when `stop()`, asked after every batch, says so.

    `watch` gets the number of finished batches.
    """
    sums, loss, frames = np.zeros(4), 0.0, 0
    samples: list[Sample] = []
    shown, clips_done = shown_clips(setup.validation_clips), 0
    for number, (clips, targets) in enumerate(setup.validation_batches(), start=1):
        outputs = setup.scorer.predict_on_batch({"clips": clips, "targets": targets})
        predicted = np.asarray(outputs["frames"])
        targets = targets[:, targets.shape[1] - predicted.shape[1] :]
        figures = frame_figures(targets, predicted)
        sums += figures.sum(axis=(0, 1))
        frames += figures.shape[0] * figures.shape[1]
        loss += float(outputs["loss"][0]) * len(clips)
        samples += [
            (_picture(clips[row, -1]), _picture(targets[row, -1]), _picture(predicted[row, -1]))
            for row in range(len(clips))
            if clips_done + row in shown
        ]
        clips_done += len(clips)
        if stop():
            return None
        watch(number)
    psnr, ssim, mse, mae = (sums / frames).tolist()
    return FrameValidation(
        {"val_psnr": psnr, "val_ssim": ssim, "val_mse": mse, "val_mae": mae}, loss / clips_done, samples
    )


def _picture(frame: np.ndarray) -> np.ndarray:
    frame = np.rint(np.clip(frame, 0, 255)).astype("uint8")
    return np.repeat(frame, 3, axis=-1) if frame.shape[-1] == 1 else frame

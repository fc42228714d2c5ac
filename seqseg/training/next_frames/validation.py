"""The score after an epoch of a predictor of frames, by OpenSTL's conventions (Tan et al. 2023)."""

import dataclasses

import numpy as np

from seqseg.metrics.frame_by_frame import frame_figures
from seqseg.training.validation import SAMPLES


@dataclasses.dataclass(frozen=True)
class FrameValidation:
    """What the validation set says of a predictor of frames.

    Attributes:
        figures: {"val_psnr", "val_ssim", "val_mse", "val_mae"}: means over frames of `frame_figures`.
        loss: the same mean as in training.
        samples: list of (the frame at hand, the one that came, the one predicted).
    """

    figures: dict
    loss: float
    samples: list

    @property
    def score(self):
        """PSNR in decibels."""
        return self.figures["val_psnr"]


def validate_frames(setup, *, stop=lambda: False, watch=lambda batch: None):
    """Predict the validation set; None if `stop()` came true on the way. The arguments are `validate`'s."""
    sums, loss, clips_done, samples = np.zeros(4), 0.0, 0, []
    frames = 0
    shown = set(np.linspace(0, setup.validation_clips - 1, SAMPLES).round().astype(int).tolist())
    for number, (clips, targets) in enumerate(setup.validation_batches(), start=1):
        outputs = setup.scorer.predict_on_batch({"clips": clips, "targets": targets})
        predicted = np.asarray(outputs["frames"])
        targets = targets[:, targets.shape[1] - predicted.shape[1] :]
        figures = frame_figures(targets, predicted)
        sums += figures.sum(axis=(0, 1))
        frames += figures.shape[0] * figures.shape[1]
        loss += float(outputs["loss"][0]) * len(clips)
        for row in range(len(clips)):
            if clips_done + row in shown:
                samples.append(tuple(map(_picture, (clips[row, -1], targets[row, -1], predicted[row, -1]))))
        clips_done += len(clips)
        if stop():
            return None
        watch(number)
    psnr, ssim, mse, mae = (sums / frames).tolist()
    figures = {"val_psnr": psnr, "val_ssim": ssim, "val_mse": mse, "val_mae": mae}
    return FrameValidation(figures, loss / clips_done, samples)


def _picture(frame):
    frame = np.rint(np.clip(frame, 0, 255)).astype("uint8")
    return np.repeat(frame, 3, axis=-1) if frame.shape[-1] == 1 else frame

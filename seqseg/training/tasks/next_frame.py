"""Training to predict the next frame, from clips without labels."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from seqseg.config import Experiment
from seqseg.data.clips.next_frames import next_frames, require_length
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.evaluation.frame_scorer import FrameScorer
from seqseg.evaluation.pictures import frame_sheet
from seqseg.losses import FRAME_LOSSES, LOSSES
from seqseg.metrics import FramePSNR
from seqseg.models.clip_model import ClipModel
from seqseg.registry import make
from seqseg.training.clips import Batch, steps_per_epoch
from seqseg.training.next_frames.sampling import make_sampling, with_given
from seqseg.training.tasks.frame_validation import validate_frames
from seqseg.training.tasks.task import AUTO, Sample, loss_options


class NextFrame:
    """Each frame is predicted from those before it; see `Task`.

    Every frame of the context is a true one; None for `training.context` means the whole clip, or its first half when
    `training.sampling` shows the network its own predictions.

    Raises:
        ConfigError: a setting that does not go with predicting frames.
        DataError: a video that is shorter than a clip.
    """

    head, score, title, caption = "frame", "psnr", "PSNR", "before | came | predicted"
    columns: tuple[str, ...] = ("val_psnr", "val_ssim", "val_mse", "val_mae")
    needs_labels, vectors = False, False

    validate = staticmethod(validate_frames)

    def __init__(self, experiment: Experiment, data: VideoSet) -> None:
        config, training = experiment.data, experiment.training
        if experiment.model.options.get("condition", 0):
            raise ConfigError("model.condition does not go with predicting frames; leave it out")
        if config.timesteps < 2:
            raise ConfigError(f"data.timesteps is {config.timesteps}; a next frame needs clips of at least 2")
        if training.carry_state:
            raise ConfigError("training.carry_state carries no memory of predicted frames yet; turn it off")
        if training.forward_frames:
            raise ConfigError("training.forward_frames does not go with predicting frames; leave it out")
        require_length(data, config.timesteps)
        self.timesteps, self.seed = config.timesteps, training.seed
        self.channels: int = experiment.model.options.get("channels", 3)
        self.chosen_loss, self.notes = _choose_loss(experiment)
        self.sampling = make_sampling(training.sampling, steps=training.epochs * steps_per_epoch(experiment, data))
        self.context = training.context
        if self.context is not None and self.context >= self.timesteps:
            raise ConfigError(
                f"training.context is {self.context}, but clips have {self.timesteps} frames; "
                "give fewer, so that some are left to predict"
            )
        self.always_given = 1
        if self.sampling is not None:
            self.context = self.context or self.timesteps // 2
            self.always_given = self.sampling.always(self.context)

    def check_validation(self, validation: VideoSet) -> None:
        require_length(validation, self.timesteps)

    def batches(self, clips: Iterable[Batch], *, start: int) -> Iterator[Batch]:
        pairs = next_frames(clips, channels=self.channels)
        if self.sampling is None or self.context is None:
            return pairs
        return with_given(pairs, self.sampling, start=start, context=self.context, seed=self.seed)

    def validation_batches(self, clips: Iterable[Batch], validation: VideoSet) -> Iterator[Batch]:
        return next_frames(clips, channels=self.channels)

    def loss(self) -> keras.losses.Loss:
        name, options = loss_options(self.chosen_loss)
        return make(FRAME_LOSSES, "training.loss", name, **options)

    def metric(self) -> keras.metrics.Metric:
        return FramePSNR(name=self.score)

    def scorer(self, network: ClipModel, loss: keras.losses.Loss) -> FrameScorer:
        return FrameScorer(network, loss, context=self.context)

    def sheet(self, samples: Sequence[Sample], data: VideoSet) -> np.ndarray:
        return frame_sheet(samples)


def _choose_loss(experiment: Experiment) -> tuple[str | dict[str, Any], tuple[str, ...]]:
    loss = experiment.training.loss
    if loss == AUTO:
        return "l2", ("the loss is l2, the mean squared error of the next frame",)
    name = loss if isinstance(loss, str) else loss.get("name")
    if name in LOSSES:
        raise ConfigError(
            f"training.loss {name} is for classes, but the model predicts frames; take one of {', '.join(FRAME_LOSSES)}"
        )
    return loss, ()

"""Clips in, predicted frames and the loss out, for the validation of frame predictors."""

from typing import Any

import keras
from keras import ops

from seqseg.evaluation.scorer import Scorer
from seqseg.models.clip_model import ClipModel


class FrameScorer(Scorer):
    """{"clips": (n, t, h, w, c), "targets": the same} -> {"frames": predictions float32, "loss": (1,)}.

    Args:
        network: a model that predicts frames.
        loss: a `FrameLoss`.
        context: how many frames are given; the others are rolled out, and predictions begin with the first after the
            context. None: every frame is predicted from the true ones before it.
    """

    def __init__(self, network: ClipModel, loss: keras.losses.Loss, *, context: int | None = None) -> None:
        super().__init__(network, loss)
        self.error = loss
        self.context = context

    def call(self, inputs: dict[str, Any]) -> dict[str, Any]:
        clips, targets = inputs["clips"], inputs["targets"]
        if self.context is None:
            frames = self.network(clips, training=False)
        else:
            frames = self.network.roll_out(clips[:, : self.context], clips.shape[1] - self.context + 1)
            targets = targets[:, self.context - 1 :]
        return {"frames": frames, "loss": ops.reshape(self.error(targets, frames), (1,))}

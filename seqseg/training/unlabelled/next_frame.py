"""One trunk, two heads: the next frame from all frames, classes from those with labels."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import fold, resize_to, unfold
from seqseg.losses import FRAME_LOSSES
from seqseg.models.clip_model import ClipModel
from seqseg.models.head import frames_of
from seqseg.models.segmenter import Segmenter
from seqseg.registry import make
from seqseg.training.unlabelled.learning import UnlabelledLearning, joined


class JointNextFrame(UnlabelledLearning):
    """A second head on the decoder's features predicts the next frame of labelled and unlabelled clips alike.

    It predicts the difference to the current frame and starts at zero, as the head of a frame predictor does (see
    `seqseg.models.head`). The model that is validated and saved does not have it.

    Args:
        network: a `Segmenter` with a head of its own.
        steps: of the run.
        weight, ramp: see `UnlabelledLearning`.
        loss: of the predicted frames, a name in `seqseg.losses.FRAME_LOSSES`; errors are of pixels of 0 to 1.

    Raises:
        ConfigError: an option out of its range, or a network without a place for a second head.
    """

    needs_motion = True

    def __init__(self, network: ClipModel, steps: int, *, weight: float = 1.0, ramp: int = 0, loss: str = "l1") -> None:
        if not isinstance(network, Segmenter) or network.head is None:
            raise ConfigError(
                f"training.unlabelled = next_frame puts a second head on the features that the first one reads, which "
                f"{network.card.model} does not have apart; take another model or method"
            )
        super().__init__(network, weight=weight, ramp=ramp, name="next_frame")
        self.criterion = make(FRAME_LOSSES, "training.unlabelled.loss", loss)
        self.frame_head = keras.layers.Conv2D(
            network.card.channels, 1, dtype="float32", kernel_initializer="zeros", name="frame_head"
        )
        self.frame_head.build((None, None, None, network.head.kernel.shape[-2]))

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> keras.KerasTensor:
        labelled, unlabelled = inputs["labelled"], inputs["unlabelled"]
        if labelled.shape[1:] != unlabelled.shape[1:]:
            logits, features = self.network.logits_and_features(labelled, training=training)
            _, others = self.network.logits_and_features(unlabelled, training=training)
            self.add_cost((self._error(labelled, features) + self._error(unlabelled, others)) / 2)
            return logits
        clips = joined(labelled, unlabelled)
        logits, features = self.network.logits_and_features(clips, training=training)
        self.add_cost(self._error(clips, features))
        return logits[: labelled.shape[0]]

    def _error(self, clips: keras.KerasTensor, features: keras.KerasTensor) -> keras.KerasTensor:
        """The error of the frames predicted from features (n * t, h, w, k)."""
        frames = fold(clips)
        scores = resize_to(self.frame_head(features), ops.shape(frames)[1:3])
        predicted = unfold(frames_of(scores, frames, "residual"), clips.shape[1])
        return self.criterion(clips[:, 1:], predicted[:, :-1])

"""Cross-entropy of the hard pixels only."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.cross_entropy import cross_entropies
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


@keras.saving.register_keras_serializable("seqseg")
class HardExamples(SegmentationLoss):
    """Mean cross-entropy of the hard pixels alone: online hard example mining (Shrivastava et al. 2016), for pixels.

    A pixel is hard when its class has a probability below `below`; at least the hardest `share` of the batch's labelled
    pixels are, so that the gradient does not vanish.

    Args:
        below: the probability of the right class under which a pixel is hard.
        share: the least share of the labelled pixels that counts, in 0 … 1.
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    def __init__(
        self,
        *,
        below: float = 0.7,
        share: float = 1 / 16,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "hard_examples",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        for option, value in {"below": below, "share": share}.items():
            if not 0 <= value <= 1:
                raise ConfigError(f"{option} must be in 0 … 1, got {value}")
        self.below = below
        self.share = share

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        losses = cross_entropies(target)
        weights = target.pixel_weights
        weights = ops.where(self._hard(ops.exp(-ops.stop_gradient(losses)), weights), weights, ops.zeros_like(weights))
        return ops.sum(losses * weights), ops.sum(weights)

    def _hard(self, probabilities: Tensor, weights: Tensor) -> Tensor:
        """Where the right class has less than `below`, or than all but the hardest `share`."""
        known = weights > 0
        # Void has probability 2: it sorts behind all that is known.
        ordered = ops.sort(ops.reshape(ops.where(known, probabilities, ops.full_like(probabilities, 2)), (-1,)))
        least = self.share * ops.sum(ops.cast(known, probabilities.dtype))
        last = ops.cast(ops.maximum(ops.ceil(least) - 1, 0), "int32")
        return (probabilities < self.below) | (probabilities <= ops.take(ordered, last))

    def get_config(self) -> Config:
        return super().get_config() | {"below": self.below, "share": self.share}

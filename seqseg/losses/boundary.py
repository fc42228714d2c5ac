"""Cross-entropy with a higher weight along edges."""

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
class BoundaryCrossEntropy(SegmentationLoss):
    """Cross-entropy that weighs pixels near another class more, after U-Net's weight map (Ronneberger et al. 2015).

    The map is computed from the labels on the fly: 1 + extra within `radius` pixels of another class of the same frame,
    diagonals included, and 1 elsewhere. Void is no class and makes no edge.

    Args:
        extra: what is added to the weight along edges; the paper took 10, falling off with the distance.
        radius: how far an edge reaches, in pixels.
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    def __init__(
        self,
        *,
        extra: float = 5.0,
        radius: int = 2,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "boundary",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        if radius < 1:
            raise ConfigError(f"radius must be at least 1 pixel, got {radius}; plain cross-entropy has no edges")
        self.extra = extra
        self.radius = radius

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        weights = target.pixel_weights * (1 + self.extra * near_boundary(target, radius=self.radius))
        return ops.sum(cross_entropies(target) * weights), ops.sum(weights)

    def get_config(self) -> Config:
        return super().get_config() | {"extra": self.extra, "radius": self.radius}


def near_boundary(target: Target, *, radius: int) -> Tensor:
    """1 where pixels within `radius` are of several classes, else 0: (..., h, w)."""
    classes = ops.argmax(target.one_hot, axis=-1) if target.classes is None else target.classes
    classes = ops.cast(classes, target.logits.dtype)
    known = target.counted[..., 0] > 0
    beyond = ops.full_like(classes, target.logits.shape[-1])
    highest = _highest(ops.where(known, classes, -beyond), radius)
    lowest = -_highest(ops.where(known, -classes, -beyond), radius)
    return ops.cast(highest > lowest, target.logits.dtype)


def _highest(values: Tensor, radius: int) -> Tensor:
    """The greatest value within `radius` pixels: (..., h, w) -> the same."""
    shape = ops.shape(values)
    frames = ops.reshape(values, (-1, *shape[-2:], 1))
    return ops.reshape(ops.max_pool(frames, 2 * radius + 1, strides=1, padding="same"), shape)

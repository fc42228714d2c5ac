"""Focal loss: cross-entropy with a lower weight on pixels that are already right."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.binary_cross_entropy import binary_cross_entropies, plane_weights
from seqseg.losses.cross_entropy import cross_entropies
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target

TINY = 1e-7
"""Keeps the gradient of a power finite at zero."""


@keras.saving.register_keras_serializable("seqseg")
class Focal(SegmentationLoss):
    """Focal loss (Lin et al. 2017) over exclusive classes: (1 - p)^gamma * -log(p), p that of the right class.

    Args:
        gamma: how strongly pixels that are already right are down-weighted; 0 is cross-entropy.
        void: the label of pixels that do not count.
        class_weights: one number a class, the paper's alpha; None counts all alike.
    """

    def __init__(
        self,
        *,
        gamma: float = 2.0,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "focal",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.gamma = gamma

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        weights = target.pixel_weights
        return ops.sum(focus(cross_entropies(target), self.gamma) * weights), ops.sum(weights)

    def get_config(self) -> Config:
        return super().get_config() | {"gamma": self.gamma}


@keras.saving.register_keras_serializable("seqseg")
class BinaryFocal(SegmentationLoss):
    """Focal loss (Lin et al. 2017) with a sigmoid for each class, as in the paper; for multi-label segmentation.

    Args:
        gamma: how strongly planes that are already right are down-weighted; 0 is binary cross-entropy.
        alpha: the share of the positives, 1 - alpha that of the negatives (the paper's detector took 0.25); None
            counts both alike.
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    multi_label = True

    def __init__(
        self,
        *,
        gamma: float = 2.0,
        alpha: float | None = None,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "binary_focal",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.gamma = gamma
        self.alpha = alpha

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        losses = focus(binary_cross_entropies(target), self.gamma)
        if self.alpha is not None:
            losses = losses * (self.alpha * target.one_hot + (1 - self.alpha) * (1 - target.one_hot))
        weights = plane_weights(target)
        return ops.sum(losses * weights), ops.sum(weights)

    def get_config(self) -> Config:
        return super().get_config() | {"gamma": self.gamma, "alpha": self.alpha}


def focus(losses: Tensor, gamma: float) -> Tensor:
    """(1 - p)^gamma * -log(p), from losses that are -log(p)."""
    wrong = ops.maximum(-ops.expm1(-losses), TINY)
    return ops.power(wrong, gamma) * losses

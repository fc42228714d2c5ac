"""Binary cross-entropy for each class: for pixels with several classes, or for a single class."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Tensor
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


@keras.saving.register_keras_serializable("seqseg")
class BinaryCrossEntropy(SegmentationLoss):
    """Mean binary cross-entropy over the labelled planes of labelled pixels, for multi-label segmentation.

    Labels are planes (n, [t,] h, w, classes) of 0, 1 and `void`, which may differ from plane to plane, or integers.
    With class weights it is the weighted mean over the planes.

    Args:
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    multi_label = True

    def __init__(
        self,
        *,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "binary_cross_entropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)

    def weigh(self, target: Target) -> Tensor:
        return binary_cross_entropy_sums(target)


def binary_cross_entropy_sums(target: Target) -> tuple[Tensor, Tensor]:
    """The weighted sum over the planes of a `Target`, and the sum of their weights."""
    weights = plane_weights(target)
    return ops.sum(binary_cross_entropies(target) * weights), ops.sum(weights)


def binary_cross_entropies(target: Target) -> Tensor:
    """The binary cross-entropy of every plane, (..., h, w, classes); anything finite where void."""
    # No overflow of sigmoid or logarithm, and no subtraction that cancels the digits of a small loss.
    there, absent = ops.softplus(-target.logits), ops.softplus(target.logits)
    return target.one_hot * there + (1 - target.one_hot) * absent


def plane_weights(target: Target) -> Tensor:
    """Sample weight times class weight, 0 where void: (..., h, w, classes)."""
    return target.counted * target.class_weights

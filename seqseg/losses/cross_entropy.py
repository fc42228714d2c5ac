"""Cross-entropy with void pixels and class weights."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Tensor
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


@keras.saving.register_keras_serializable("seqseg")
class CrossEntropy(SegmentationLoss):
    """Mean cross-entropy over a batch's labelled pixels: labels (n, t, h, w), logits (n, t, h, w, classes) -> scalar.

    Any leading axes do, images (n, h, w) too. With class weights it is sum(weight * loss) / sum(weight), as in torch's
    `cross_entropy`.

    Args:
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.

    Example:
        >>> model.compile(optimizer="adamw", loss=CrossEntropy(void=255))
    """

    def __init__(
        self,
        *,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "cross_entropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)

    def weigh(self, target: Target) -> Tensor:
        return cross_entropy_sums(target)


def cross_entropy_sums(target: Target) -> tuple[Tensor, Tensor]:
    """The weighted sum over the pixels of a `Target`, and the sum of their weights."""
    weights = target.pixel_weights
    return ops.sum(cross_entropies(target) * weights), ops.sum(weights)


def cross_entropies(target: Target) -> Tensor:
    """The cross-entropy of every pixel, (..., h, w); anything finite where void."""
    if target.classes is not None:
        return ops.sparse_categorical_crossentropy(target.classes, target.logits, from_logits=True)
    return -ops.sum(target.one_hot * ops.log_softmax(target.logits), axis=-1)

"""The Jaccard index in differentiable form."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.regions import checked_region, class_means, probabilities_of, region_axes, region_weights
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


@keras.saving.register_keras_serializable("seqseg")
class LovaszSoftmax(SegmentationLoss):
    """The Lovász extension of 1 - IoU on softmax probabilities (Berman et al. 2018), over the classes labelled there.

    It sorts the pixels of every class, which takes time. Sample weights above 0 mark the pixels that count, and each
    region is weighted by the mean of its own.

    Args:
        region: one IoU for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    def __init__(
        self,
        *,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "lovasz_softmax",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.region = checked_region(region)

    def weigh(self, target: Target) -> Tensor:
        return lovasz_sums(target, self.region, target.class_weights)

    def get_config(self) -> Config:
        return super().get_config() | {"region": self.region}


def lovasz_sums(target: Target, region: str, class_weights: Tensor) -> Tensor:
    """The weighted sum over the regions of a `Target`, and the weight of those in which something is labelled."""
    counted = ops.cast(target.counted > 0, target.logits.dtype)
    labelled = _classes_first(target.one_hot * counted, target, region)
    missing = ops.abs(target.one_hot - probabilities_of(target.logits, multi_label=False))
    # Void has error -1: it comes last, where it changes no other pixel's share of the IoU.
    errors = _classes_first(ops.where(counted > 0, missing, -ops.ones_like(missing)), target, region)
    there = ops.cast(ops.sum(labelled, axis=-1) > 0, errors.dtype)
    losses = lovasz_extension(errors, labelled)
    return class_means(losses, there * class_weights, region_weights(target, region))


def lovasz_extension(errors: Tensor, labelled: Tensor) -> Tensor:
    """The extension of 1 - IoU: errors (..., pixels) in 0 … 1, negative where void, labelled 0 or 1 -> (...)."""
    order = ops.argsort(-ops.stop_gradient(errors), axis=-1)
    errors = ops.take_along_axis(errors, order, axis=-1)
    labelled = ops.take_along_axis(labelled, order, axis=-1)
    # 1 - IoU when the worst 1, 2, 3 … pixels are wrong and the others right.
    intersection = ops.sum(labelled, axis=-1, keepdims=True) - ops.cumsum(labelled, axis=-1)
    union = intersection + ops.cumsum(ops.ones_like(labelled), axis=-1)
    jaccard = 1 - intersection / union
    steps = ops.concatenate([jaccard[..., :1], jaccard[..., 1:] - jaccard[..., :-1]], axis=-1)
    return ops.sum(ops.relu(errors) * ops.stop_gradient(steps), axis=-1)


def _classes_first(values: Tensor, target: Target, region: str) -> Tensor:
    """(n, [t,] h, w, classes) -> (regions..., classes, pixels)."""
    first = region_axes(target.logits, region)[0]
    shape = ops.shape(values)
    return ops.swapaxes(ops.reshape(values, (*shape[:first], -1, shape[-1])), -1, -2)

"""The overlap of predictions and labels in each region, class by class."""

import dataclasses

from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Tensor
from seqseg.losses.target import Target

REGIONS = ("frame", "clip", "batch")
"""What a loss of regions is measured over, before the mean is taken."""

TINY = 1e-7
"""Keeps divisions and the gradients of roots finite at zero."""


@dataclasses.dataclass(frozen=True)
class Overlap:
    """Weighted pixels of each class in each region, all (regions..., classes).

    Attributes:
        both: predicted and labelled, the sum of p * y.
        predicted: the sum of p.
        labelled: the sum of y.
        weight: the pixels that count, 0 where all is void.
        mean_weight: the mean sample weight of those, (regions...,); the sums are relative to it.
    """

    both: Tensor
    predicted: Tensor
    labelled: Tensor
    weight: Tensor
    mean_weight: Tensor


def overlap(target: Target, *, region: str, multi_label: bool) -> Tensor:
    """The `Overlap` of a `Target` over each frame, each clip or the whole batch.

    Sample weights are relative to their mean in the region, so that smoothing is the same in light and heavy ones.
    """
    axes = region_axes(target.logits, region)
    mean_weight = region_weights(target, region, keepdims=True)
    counted = target.counted / ops.where(mean_weight > 0, mean_weight, ops.ones_like(mean_weight))
    counted = counted + ops.zeros_like(target.logits)
    probabilities = probabilities_of(target.logits, multi_label)

    def area(values: Tensor) -> Tensor:
        return ops.sum(values * counted, axis=axes)

    ones = ops.ones_like(target.logits)
    return Overlap(
        both=area(probabilities * target.one_hot),
        predicted=area(probabilities),
        labelled=area(target.one_hot),
        weight=area(ones),
        mean_weight=region_weights(target, region),
    )


def region_axes(logits: Tensor, region: str) -> Tensor:
    """The axes of (n, [t,] h, w, classes) that a region extends over."""
    rank = len(logits.shape)
    first = {"frame": rank - 3, "clip": 1, "batch": 0}[region]
    return tuple(range(first, rank - 1))


def region_weights(target: Target, region: str, *, keepdims: bool = False) -> Tensor:
    """The mean sample weight of the pixels that count in each region, (regions...,); 0 where none does."""
    axes = (*region_axes(target.logits, region), len(target.logits.shape) - 1)
    number = ops.sum(ops.cast(target.counted > 0, target.logits.dtype), axis=axes, keepdims=keepdims)
    return ops.sum(target.counted, axis=axes, keepdims=keepdims) / ops.maximum(number, 1.0)


def probabilities_of(logits: Tensor, multi_label: bool) -> Tensor:
    """One sigmoid for each class where classes may overlap, else the softmax over them."""
    return ops.sigmoid(logits) if multi_label else ops.softmax(logits, axis=-1)


def class_means(losses: Tensor, counted: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The mean over the classes of each region, then the weighted sum over the regions, and the sum of the weights.

    Args:
        losses: (regions..., classes).
        counted: the weight of each class in each region, of the same shape; regions without any do not count.
        weights: of the regions, (regions...,); see `region_weights`.
    """
    weight = ops.sum(counted, axis=-1)
    some = weight > 0
    means = ops.sum(losses * counted, axis=-1) / ops.where(some, weight, ops.ones_like(weight))
    return ops.sum(weights * means), ops.sum(weights * ops.cast(some, means.dtype))


def checked_region(region: str) -> Tensor:
    """`region` as it is.

    Raises:
        ConfigError: there is no such region.
    """
    if region not in REGIONS:
        raise ConfigError(f"unknown region {region!r}; use one of {', '.join(REGIONS)}")
    return region

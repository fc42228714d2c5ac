"""Generalised Dice: small classes have the same weight as large ones."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.regions import TINY, checked_region, overlap
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


@keras.saving.register_keras_serializable("seqseg")
class GeneralisedDice(SegmentationLoss):
    """1 - 2 sum(w |A and B|) / sum(w (|A| + |B|)) with w = 1 / |B|^2 (Sudre et al. 2017), in each region.

    A class that is absent from a region has no weight there, where 1 / 0 would make it the only one that counts.

    Args:
        region: one fraction for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class, on top of w; None counts all alike.
    """

    def __init__(
        self,
        *,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "generalised_dice",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.region = checked_region(region)

    def weigh(self, target: Target) -> Tensor:
        return generalised_dice_sums(target, self.region)

    def get_config(self) -> Config:
        return super().get_config() | {"region": self.region}


def generalised_dice_sums(target: Target, region: str) -> tuple[Tensor, Tensor]:
    """The weighted sum over the regions of a `Target`, and the weight of those in which something is labelled."""
    areas = overlap(target, region=region, multi_label=False)
    weights = shares_of_weight(areas.labelled) * target.class_weights
    whole = ops.sum(weights * (areas.predicted + areas.labelled), axis=-1)
    apart = ops.sum(weights * (areas.predicted + areas.labelled - 2 * areas.both), axis=-1)
    some = areas.mean_weight * ops.cast(ops.sum(weights, axis=-1) > 0, whole.dtype)
    return ops.sum(some * apart / ops.maximum(whole, TINY)), ops.sum(some)


def shares_of_weight(labelled: Tensor) -> Tensor:
    """1 / labelled^2 over the last axis, 0 for absent classes, scaled to 1 for the smallest one that is there."""
    there = labelled > 0
    none = ops.full_like(labelled, float("inf"))
    smallest = ops.min(ops.where(there, labelled, none), axis=-1, keepdims=True)
    smallest = ops.where(ops.isfinite(smallest), smallest, ops.ones_like(smallest))
    ratio = smallest / ops.where(there, labelled, ops.ones_like(labelled))
    return ops.where(there, ops.square(ratio), ops.zeros_like(ratio))

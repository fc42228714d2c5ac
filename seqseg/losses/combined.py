"""Sums of a loss over pixels and a loss over regions."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.binary_cross_entropy import binary_cross_entropy_sums
from seqseg.losses.cross_entropy import cross_entropy_sums
from seqseg.losses.generalised_dice import generalised_dice_sums
from seqseg.losses.lovasz import lovasz_sums
from seqseg.losses.regions import checked_region, class_means, overlap
from seqseg.losses.segmentation_loss import SegmentationLoss, mean
from seqseg.losses.target import Target, thinned
from seqseg.losses.tversky import tversky_losses


@keras.saving.register_keras_serializable("seqseg")
class BinaryCrossEntropyDice(SegmentationLoss):
    """Binary cross-entropy plus `dice` times Dice, a sigmoid for each class: for one class or several that overlap.

    The Dice of an absent class counts here, with `smooth` for an empty mask, so that the mask is trained to stay empty.

    Args:
        dice: how much Dice counts beside binary cross-entropy.
        smooth: pixels added to both sides of the fraction.
        region: one fraction for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    multi_label = True

    def __init__(
        self,
        *,
        dice: float = 1.0,
        smooth: float = 1.0,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "bce_dice",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.dice = dice
        self.smooth = smooth
        self.region = checked_region(region)

    def weigh(self, target: Target) -> Tensor:
        areas = overlap(target, region=self.region, multi_label=True)
        losses = tversky_losses(areas, 0.5, 0.5, self.smooth / 2)
        counted = ops.cast(areas.weight > 0, losses.dtype) * target.class_weights
        return added(binary_cross_entropy_sums(target), class_means(losses, counted, areas.mean_weight), self.dice)

    def get_config(self) -> Config:
        return super().get_config() | {"dice": self.dice, "smooth": self.smooth, "region": self.region}


@keras.saving.register_keras_serializable("seqseg")
class CrossEntropyGeneralisedDice(SegmentationLoss):
    """Cross-entropy plus `dice` times generalised Dice.

    Args:
        dice: how much generalised Dice counts beside cross-entropy.
        region: one fraction for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class, in both parts; None counts all alike.
    """

    def __init__(
        self,
        *,
        dice: float = 1.0,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "ce_generalised_dice",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.dice = dice
        self.region = checked_region(region)

    def weigh(self, target: Target) -> Tensor:
        return added(cross_entropy_sums(target), generalised_dice_sums(target, self.region), self.dice)

    def get_config(self) -> Config:
        return super().get_config() | {"dice": self.dice, "region": self.region}


@keras.saving.register_keras_serializable("seqseg")
class CrossEntropyLovasz(SegmentationLoss):
    """Cross-entropy plus `lovasz` times the Lovász extension of 1 - IoU, in which all classes count alike.

    Cross-entropy finds the classes, Lovász their extent: class weights alone make thin things thick.

    Args:
        lovasz: how much the Lovász extension counts beside cross-entropy.
        stride: it is taken from every so many-th row and column: sorting all pixels of every class costs.
        region: one IoU for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class, in cross-entropy; None counts all alike.

    Raises:
        ConfigError: a stride below 1, or an unknown region.
    """

    def __init__(
        self,
        *,
        lovasz: float = 1.0,
        stride: int = 2,
        region: str = "batch",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "ce_lovasz",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        if not isinstance(stride, int) or stride < 1:
            raise ConfigError(f"stride must be a whole number, at least 1, got {stride!r}")
        self.lovasz = lovasz
        self.stride = stride
        self.region = checked_region(region)

    def weigh(self, target: Target) -> Tensor:
        alike = ops.ones_like(target.class_weights)
        areas = lovasz_sums(thinned(target, self.stride), self.region, alike)
        return added(cross_entropy_sums(target), areas, self.lovasz)

    def get_config(self) -> Config:
        return super().get_config() | {"lovasz": self.lovasz, "stride": self.stride, "region": self.region}


def added(pixels: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], factor: float) -> tuple[Tensor, Tensor]:
    """The mean of pixels plus `factor` times the other mean, as sums of pixels: a batch counts by its pixels."""
    total, weight = pixels
    return total + factor * mean(*other) * weight, weight

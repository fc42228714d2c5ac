"""Tversky losses, of which Dice and Jaccard are cases: fractions of true positives, false positives and misses."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.regions import TINY, Overlap, checked_region, class_means, overlap
from seqseg.losses.segmentation_loss import SegmentationLoss
from seqseg.losses.target import Target


class OverlapLoss(SegmentationLoss):
    """Base class: the mean over classes and regions of a function of their `Overlap`, which a subclass computes.

    In every region the mean is taken over the classes that are labelled there: an absent class has overlap 0 / 0, and
    its false positives are misses of another class anyway.

    Args:
        smooth: pixels added to both sides of the fraction, so that tiny objects do not dominate.
        region: one fraction for each "frame" or "clip", or one for the whole "batch".
        void: the label of pixels that do not count.
        class_weights: one number a class; None counts all alike.
    """

    default_name = ""

    def __init__(
        self,
        *,
        smooth: float = 1.0,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name or self.default_name, dtype=dtype)
        self.smooth = smooth
        self.region = checked_region(region)

    def losses_of(self, areas: Overlap) -> Tensor:
        """`Overlap` -> losses (regions..., classes)."""
        raise NotImplementedError

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        areas = overlap(target, region=self.region, multi_label=False)
        losses = self.losses_of(areas)
        labelled = ops.cast(areas.labelled > 0, losses.dtype)
        return class_means(losses, labelled * target.class_weights, areas.mean_weight)

    def get_config(self) -> Config:
        return super().get_config() | {"smooth": self.smooth, "region": self.region}


@keras.saving.register_keras_serializable("seqseg")
class Dice(OverlapLoss):
    """1 - 2 |A and B| / (|A| + |B|) of each class (V-Net, Milletari et al. 2016, without its squares).

    The arguments are `OverlapLoss`'s.
    """

    default_name = "dice"

    def losses_of(self, areas: Overlap) -> Tensor:
        # With a weight of 1/2 a side, both / (both + wrong / 2 + missed / 2) is Dice, and half the smoothing as well.
        return tversky_losses(areas, 0.5, 0.5, self.smooth / 2)


@keras.saving.register_keras_serializable("seqseg")
class Jaccard(OverlapLoss):
    """1 - |A and B| / |A or B| of each class, the soft IoU (Rahman and Wang 2016).

    The arguments are `OverlapLoss`'s.
    """

    default_name = "jaccard"

    def losses_of(self, areas: Overlap) -> Tensor:
        return tversky_losses(areas, 1, 1, self.smooth)


@keras.saving.register_keras_serializable("seqseg")
class Tversky(OverlapLoss):
    """1 - TP / (TP + alpha FP + beta FN) of each class (Salehi et al. 2017).

    Args:
        alpha: weight of false positives.
        beta: weight of false negatives; the paper found 0.3 and 0.7 best for small lesions.
        smooth, region, void, class_weights: as in `OverlapLoss`.
    """

    default_name = "tversky"

    def __init__(
        self,
        *,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(smooth=smooth, region=region, void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.alpha = alpha
        self.beta = beta

    def losses_of(self, areas: Overlap) -> Tensor:
        return tversky_losses(areas, self.alpha, self.beta, self.smooth)

    def get_config(self) -> Config:
        return super().get_config() | {"alpha": self.alpha, "beta": self.beta}


@keras.saving.register_keras_serializable("seqseg")
class FocalTversky(Tversky):
    """Tversky loss of each class to a power (Abraham and Khan 2019): below 1 favours nearly right classes.

    Args:
        gamma: the power; the paper writes 1 / gamma and found gamma = 4/3 best.
        alpha, beta: as in `Tversky`.
        smooth, region, void, class_weights: as in `OverlapLoss`.
    """

    default_name = "focal_tversky"

    def __init__(
        self,
        *,
        gamma: float = 0.75,
        alpha: float = 0.3,
        beta: float = 0.7,
        smooth: float = 1.0,
        region: str = "frame",
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            alpha=alpha, beta=beta, smooth=smooth, region=region, void=void, class_weights=class_weights, name=name,
            dtype=dtype,
        )  # fmt: skip
        self.gamma = gamma

    def losses_of(self, areas: Overlap) -> Tensor:
        return ops.power(ops.maximum(super().losses_of(areas), TINY), self.gamma)

    def get_config(self) -> Config:
        return super().get_config() | {"gamma": self.gamma}


def tversky_losses(areas: Overlap, alpha: float, beta: float, smooth: float) -> Tensor:
    """1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth): `Overlap` -> (regions..., classes)."""
    wrong, missed = areas.predicted - areas.both, areas.labelled - areas.both
    costs = alpha * wrong + beta * missed
    # One minus the fraction, written so that nothing is lost when it is near one.
    return costs / ops.maximum(areas.both + costs + smooth, TINY)

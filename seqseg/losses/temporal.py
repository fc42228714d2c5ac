"""Losses against flicker: between a frame and the one before, without labels."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.errors import ModelError
from seqseg.layers.tensor import Config, Tensor
from seqseg.layers.warp import warp
from seqseg.losses.cross_entropy import cross_entropy_sums
from seqseg.losses.segmentation_loss import SegmentationLoss, mean
from seqseg.losses.target import Target

TOLERANCE = 57.0
"""About the standard deviation of photographs in 0 … 255: ETC compares images that were divided by theirs."""


@keras.saving.register_keras_serializable("seqseg")
class CrossEntropyConsistency(SegmentationLoss):
    """Cross-entropy of the labelled pixels, plus `consistency` times the flicker of the prediction, labelled or not.

    Flicker is the squared change of the probabilities from one frame to the next, where the labels do not say that the
    class changes. It needs neither flow nor labels, so every frame of a partly labelled clip is used. It slows down
    edges that move, so keep it small.

    Args:
        consistency: how much flicker counts beside cross-entropy.
        void: the label of pixels whose class is not known.
        class_weights: one number a class, for the cross-entropy; None counts all alike.
    """

    counts_unlabelled = True

    def __init__(
        self,
        *,
        consistency: float = 0.1,
        void: int = 255,
        class_weights: Sequence[float] | None = None,
        name: str = "ce_consistency",
        dtype: Any = None,
    ) -> None:
        super().__init__(void=void, class_weights=class_weights, name=name, dtype=dtype)
        self.consistency = consistency

    def weigh(self, target: Target) -> tuple[Tensor, Tensor]:
        total, weight = cross_entropy_sums(target)
        flicker = self.consistency * mean(*_flicker_sums(target))
        # A batch without labels has no weight of its own, and still flickers.
        count = ops.where(weight > 0, weight, ops.ones_like(weight))
        return total + flicker * count, count

    def get_config(self) -> Config:
        return super().get_config() | {"consistency": self.consistency}


def consistency_loss(logits: Tensor, frames: Tensor | None = None, *, tolerance: float = TOLERANCE) -> Tensor:
    """How much the prediction changes from frame to frame, without flow and without labels -> scalar.

    The mean over pixels and pairs of frames of |p(t) - p(t-1)|^2, summed over the classes. With the frames given, a
    pair of pixels counts by how alike they look, V = exp(-|I(t) - I(t-1)| / tolerance): what moves may change.

    Args:
        logits: (n, t, h, w, classes).
        frames: the images, 0 … 255, (n, t, h, w, channels); None counts every pixel fully.
        tolerance: the difference in brightness, summed over the channels, at which a pixel counts 1/e.
    """
    _require_clip(logits)
    probabilities = _probabilities(logits)
    before, after = probabilities[:, :-1], probabilities[:, 1:]
    weights = None if frames is None else _likeness(_as(frames, logits)[:, :-1], _as(frames, logits)[:, 1:], tolerance)
    return _mean_change(before, after, weights)


def warped_consistency(logits: Tensor, frames: Tensor, flow: Tensor, *, tolerance: float = TOLERANCE) -> Tensor:
    """The motion loss of ETC (Liu et al. 2020): what the prediction changes along the motion, without labels -> scalar.

    The mean over pixels and pairs of frames of V |p(t) - w(p(t-1))|^2, summed over the classes: w brings the earlier
    prediction along the flow, and V = exp(-|I(t) - w(I(t-1))| / tolerance) masks what the flow does not explain, such
    as occlusion. What comes from outside the frame does not count. Gradients reach both predictions.

    Args:
        logits: (n, t, h, w, classes).
        frames: the images, 0 … 255, (n, t, h, w, channels).
        flow: (n, t - 1, h, w, 2): where each pixel of frame t was in frame t - 1, as (right, down) in pixels, the
            order of OpenCV; `cv2.calcOpticalFlow...(frame[t], frame[t - 1])` gives it.
        tolerance: the difference in brightness, summed over the channels, at which a pixel counts 1/e.

    Example:
        >>> loss = CrossEntropy()(labels, logits) + 0.4 * warped_consistency(unlabelled_logits, clips, flow)
    """
    _require_clip(logits)
    probabilities, frames, flow = _probabilities(logits), _as(frames, logits), _as(flow, logits)
    before, inside = warp(probabilities[:, :-1], flow)
    seen_before, _ = warp(frames[:, :-1], flow)
    return _mean_change(before, probabilities[:, 1:], inside * _likeness(seen_before, frames[:, 1:], tolerance), inside)


def _flicker_sums(target: Target) -> tuple[Tensor, Tensor]:
    """The squared change of the probabilities over pairs of pixels that may be of one class, and their number."""
    if len(target.logits.shape) != 5 or target.logits.shape[1] == 1:  # single images do not flicker
        zero = ops.sum(target.logits) * 0
        return zero, zero
    probabilities = ops.softmax(target.logits, axis=-1)
    change = ops.sum(ops.square(probabilities[:, 1:] - probabilities[:, :-1]), axis=-1)
    known = ops.cast(target.counted[..., 0] > 0, change.dtype)
    agree = ops.sum(target.one_hot[:, 1:] * target.one_hot[:, :-1], axis=-1)
    weights = 1 - known[:, 1:] * known[:, :-1] * (1 - agree)
    return ops.sum(change * weights), ops.sum(weights)


def _mean_change(before: Tensor, after: Tensor, weights: Tensor, counted: Tensor | None = None) -> Tensor:
    change = ops.sum(ops.square(after - before), axis=-1)
    counted = ops.ones_like(change) if counted is None else counted
    return mean(ops.sum(change if weights is None else change * weights), ops.sum(counted))


def _likeness(before: Tensor, after: Tensor, tolerance: float) -> Tensor:
    return ops.exp(-ops.sum(ops.abs(after - before), axis=-1) / tolerance)


def _probabilities(logits: Tensor) -> Tensor:
    return ops.softmax(_as(logits, logits), axis=-1)


def _as(values: Tensor, logits: Tensor) -> Tensor:
    dtype = keras.backend.standardize_dtype(logits.dtype)
    return ops.cast(values, dtype if dtype == "float64" else "float32")


def _require_clip(logits: Tensor) -> None:
    if len(logits.shape) != 5:
        raise ModelError(f"consistency needs logits of clips, (n, t, h, w, classes), got {tuple(logits.shape)}")

"""Losses of predicted frames: how far pixels, structures and edges are from the true ones."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError, DataError
from seqseg.layers import fold
from seqseg.layers.similarity import similarity_map, ssim_window
from seqseg.layers.tensor import Config, Tensor
from seqseg.losses.segmentation_loss import mean

PIXELS = ("l1", "l2", "bce")


@keras.saving.register_keras_serializable("seqseg")
class FrameLoss(keras.losses.Loss):
    """Frames of 0–255 and predictions of them, both (n, [t,] h, w, c) -> a mean over all of both, on the scale 0 to 1.

    Args:
        pixels: "l1", "l2", or "bce", binary cross-entropy, for frames of black and white: predictions outside 0 to 255
            count as just inside, so let the model's `output` be "bounded".
        ssim: how much 1 - SSIM counts beside the pixels (Zhao et al. 2017 take it with L1).
        gradient: how much the gradient difference counts (Mathieu et al. 2016, alpha = 1): by how much the absolute
            steps from pixel to neighbouring pixel differ, which keeps edges sharp.
        dice: how much 1 - Dice of each frame counts, for frames of black and white.

    `sample_weight` may be given for each row, (n,), or frame, (n, t): the loss is then the weighted mean over frames.

    Example:
        >>> round(float(FrameLoss("l1")(np.zeros((1, 8, 8, 1)), np.full((1, 8, 8, 1), 51.0))), 6)
        0.2
    """

    def __init__(
        self,
        pixels: str = "l1",
        *,
        ssim: float = 0.0,
        gradient: float = 0.0,
        dice: float = 0.0,
        name: str = "frame_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction="sum_over_batch_size", dtype=dtype)
        if pixels not in PIXELS:
            raise ConfigError(f"unknown loss of pixels {pixels!r}; there are: {', '.join(PIXELS)}")
        self.pixels = pixels
        self.ssim = ssim
        self.gradient = gradient
        self.dice = dice

    def __call__(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        losses = self.call(y_true, y_pred)
        if sample_weight is None:
            return ops.mean(losses)
        weights = _weights_of_frames(ops.cast(sample_weight, losses.dtype), y_pred)
        return mean(ops.sum(losses * weights), ops.sum(weights))

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of every frame, (n,) or (n * t,)."""
        frames, predicted = (_frames(ops.cast(frames, "float32") / 255.0) for frames in (y_true, y_pred))
        loss = _means(_PIXELS[self.pixels](frames, predicted))
        if self.ssim:
            loss = loss + self.ssim * (1 - structural_similarity(frames, predicted))
        if self.gradient:
            loss = loss + self.gradient * gradient_difference(frames, predicted)
        if self.dice:
            loss = loss + self.dice * (1 - dice_of_frames(frames, predicted))
        return loss

    def get_config(self) -> Config:
        config = {"pixels": self.pixels, "ssim": self.ssim, "gradient": self.gradient, "dice": self.dice}
        return config | {"name": self.name, "dtype": self.dtype}


def structural_similarity(frames: Tensor, predicted: Tensor, *, data_range: float = 1.0) -> Tensor:
    """SSIM (Wang et al. 2004) of frames (n, h, w, c) of 0 to 1, (n,): as scikit-image's, with a flat 7 x 7 window.

    Smaller frames take the largest odd window that fits. `data_range` is the largest possible value.
    """
    side = ssim_window(*frames.shape[1:3])

    def local(maps: Tensor) -> Tensor:
        return ops.average_pool(maps, side, strides=1, padding="valid")

    return _means(similarity_map(frames, predicted, local, pixels=side * side, data_range=data_range))


def gradient_difference(frames: Tensor, predicted: Tensor) -> Tensor:
    """The mean absolute difference of the absolute gradients along both axes (Mathieu et al. 2016), (n,)."""
    along = [
        _means(ops.abs(_steps(frames, axis) - _steps(predicted, axis))) for axis in (1, 2) if frames.shape[axis] > 1
    ]
    return sum(along) if along else ops.zeros(ops.shape(frames)[:1])


def dice_of_frames(frames: Tensor, predicted: Tensor) -> Tensor:
    """2 * overlap / (sum of both) of each frame, (n,), with a pixel added to both sides for empty frames."""
    predicted = ops.clip(predicted, 0.0, 1.0)
    overlap = ops.sum(frames * predicted, axis=(1, 2, 3))
    return (2 * overlap + 1) / (ops.sum(frames, axis=(1, 2, 3)) + ops.sum(predicted, axis=(1, 2, 3)) + 1)


def l1(*, ssim: float = 0.0, gradient: float = 0.0, dice: float = 0.0) -> Tensor:
    """Mean absolute error."""
    return FrameLoss("l1", ssim=ssim, gradient=gradient, dice=dice)


def l2(*, ssim: float = 0.0, gradient: float = 0.0, dice: float = 0.0) -> Tensor:
    """Mean squared error."""
    return FrameLoss("l2", ssim=ssim, gradient=gradient, dice=dice)


def l1_ssim(*, ssim: float = 0.2, gradient: float = 0.0, dice: float = 0.0) -> Tensor:
    """Mean absolute error and a fifth of 1 - SSIM."""
    return FrameLoss("l1", ssim=ssim, gradient=gradient, dice=dice)


def l2_gradient(*, ssim: float = 0.0, gradient: float = 0.1, dice: float = 0.0) -> Tensor:
    """Mean squared error and a tenth of the gradient difference."""
    return FrameLoss("l2", ssim=ssim, gradient=gradient, dice=dice)


def frame_bce_dice(*, ssim: float = 0.0, gradient: float = 0.0, dice: float = 1.0) -> Tensor:
    """Binary cross-entropy and 1 - Dice, for frames of black and white."""
    return FrameLoss("bce", ssim=ssim, gradient=gradient, dice=dice)


FRAME_LOSSES = {
    "l1": l1,
    "l2": l2,
    "l1_ssim": l1_ssim,
    "l2_gradient": l2_gradient,
    "frame_bce_dice": frame_bce_dice,
}
"""Losses of predicted frames by name; each takes ssim, gradient and dice, how much those count."""


def _frames(frames: Tensor) -> Tensor:
    return fold(frames) if len(frames.shape) == 5 else frames


def _weights_of_frames(weights: Tensor, frames: Tensor) -> Tensor:
    """Weights (n,), or (n, t) for clips -> those of the folded frames."""
    leading = tuple(frames.shape[:-3])
    if len(weights.shape) == len(leading) and len(leading) == 2:
        return ops.reshape(weights, (-1,))
    if len(weights.shape) != 1:
        raise DataError(
            f"sample weights of frames {tuple(frames.shape)} are one a row, {leading[:1]}, or one a frame, {leading}; "
            f"got {tuple(weights.shape)}"
        )
    return weights if len(leading) == 1 else ops.repeat(weights, ops.shape(frames)[1], axis=0)


def _means(maps: Tensor) -> Tensor:
    return ops.mean(maps, axis=(1, 2, 3))


def _steps(frames: Tensor, axis: int) -> Tensor:
    return ops.abs(frames[:, 1:] - frames[:, :-1] if axis == 1 else frames[:, :, 1:] - frames[:, :, :-1])


def _binary_cross_entropy(frames: Tensor, predicted: Tensor) -> Tensor:
    predicted = ops.clip(predicted, 1e-6, 1 - 1e-6)
    return -(frames * ops.log(predicted) + (1 - frames) * ops.log(1 - predicted))


_PIXELS = {
    "l1": lambda frames, predicted: ops.abs(frames - predicted),
    "l2": lambda frames, predicted: ops.square(frames - predicted),
    "bce": _binary_cross_entropy,
}

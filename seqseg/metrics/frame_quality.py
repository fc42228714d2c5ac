"""Quality of predicted frames. Frames are (..., h, w, c); every leading axis is averaged over."""

import numpy as np
from numpy.typing import ArrayLike


def frame_mse(frames: ArrayLike, predictions: ArrayLike) -> float:
    """Squared error summed over h, w and c and averaged over the rest, as OpenSTL (Tan et al. 2023) prints MSE.

    Divide by h * w * c for the error of a pixel. Nothing is clipped.

    Example:
        >>> frame_mse(np.zeros((2, 10, 64, 64, 1)), np.full((2, 10, 64, 64, 1), 0.5))
        1024.0
    """
    return float(_per_frame(_difference(frames, predictions) ** 2).sum(axis=-1).mean())


def frame_mae(frames: ArrayLike, predictions: ArrayLike) -> float:
    """Absolute error summed over h, w and c and averaged over the rest, as OpenSTL (Tan et al. 2023) prints MAE."""
    return float(_per_frame(np.abs(_difference(frames, predictions))).sum(axis=-1).mean())


def psnr(frames: ArrayLike, predictions: ArrayLike, *, data_range: float) -> float:
    """Peak signal-to-noise ratio in decibels, of each frame and then averaged; infinite for equal frames.

    Args:
        frames: from 0 to `data_range`.
        predictions: the same shape, clipped to that range first.
        data_range: the largest value: 1.0 or 255.

    Example:
        >>> round(psnr(np.zeros((10, 64, 64, 1)), np.full((10, 64, 64, 1), 0.1), data_range=1.0), 6)
        20.0
    """
    error = _difference(frames, np.clip(predictions, 0, data_range))
    mean = _per_frame(error**2).mean(axis=-1)
    with np.errstate(divide="ignore"):
        return float((10 * np.log10(data_range**2 / mean)).mean())


def ssim(frames: ArrayLike, predictions: ArrayLike, *, data_range: float) -> float:
    """Structural similarity (Wang et al. 2004) of each frame with a 7x7 window, averaged; 1 for equal frames.

    Args:
        frames: from 0 to `data_range`, at least 7x7.
        predictions: the same shape, clipped to that range first.
        data_range: the largest value: 1.0 or 255. Required, since the defaults of libraries differ widely.

    Raises:
        ImportError: scikit-image, which computes it, is not installed.

    Example:
        >>> ssim(np.ones((10, 64, 64, 1)), np.ones((10, 64, 64, 1)), data_range=1.0)
        1.0
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError as error:
        raise ImportError("SSIM needs scikit-image, which is not installed: pip install scikit-image") from error
    frames, predictions = _floats(frames, np.clip(predictions, 0, data_range))
    pairs = zip(frames.reshape(-1, *frames.shape[-3:]), predictions.reshape(-1, *frames.shape[-3:]), strict=True)
    return float(np.mean([structural_similarity(*pair, data_range=data_range, channel_axis=-1) for pair in pairs]))


def _difference(frames: ArrayLike, predictions: ArrayLike) -> np.ndarray:
    frames, predictions = _floats(frames, predictions)
    return frames - predictions


def _floats(frames: ArrayLike, predictions: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    # Wide floats first: a difference of uint8 wraps around.
    frames, predictions = np.asarray(frames, "float64"), np.asarray(predictions, "float64")
    if frames.shape != predictions.shape or frames.ndim < 3:
        shapes = f"frames {frames.shape} and predictions {predictions.shape}"
        raise ValueError(f"{shapes} must be of one shape (..., h, w, c)")
    return frames, predictions


def _per_frame(values: np.ndarray) -> np.ndarray:
    return values.reshape(*values.shape[:-3], -1)

"""Errors of each predicted frame by OpenSTL's conventions, fast enough for every frame of a stream."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from seqseg.layers.similarity import similarity_map, ssim_window

BEST_PSNR = 100.0
"""Decibels of a frame that is predicted exactly, whose PSNR is infinite."""
STRIP = 32
"""Rows for which SSIM is taken at once: few enough to stay in the processor's cache, twice as fast."""


def frame_figures(frames: ArrayLike, predicted: ArrayLike) -> np.ndarray:
    """PSNR, SSIM, MSE and MAE of every frame: (..., h, w, c) of 0–255 twice -> (..., 4).

    Squared and absolute errors are sums over h, w and c of pixels of 0 to 1, before clipping; PSNR, at most
    `BEST_PSNR`, and SSIM are of frames clipped to 0 to 1 (Tan et al. 2023).

    Example:
        >>> frame_figures(np.zeros((1, 2, 8, 8, 1)), np.full((1, 2, 8, 8, 1), 25.5))[0, 0].round(3).tolist()
        [20.0, 0.01, 0.64, 6.4]
    """
    pairs = zip(_each(frames), _each(predicted), strict=True)
    return np.array([_figures(*pair) for pair in pairs], "float64").reshape(*np.shape(frames)[:-3], 4)


def frame_psnr(frame: ArrayLike, predicted: ArrayLike) -> float:
    """PSNR in decibels of one frame, (h, w, c) of 0–255 twice, at most `BEST_PSNR`."""
    return _psnr(_unit(frame) - _unit(predicted).clip(0, 1))


def frame_ssim(frame: ArrayLike, predicted: ArrayLike) -> float:
    """SSIM (Wang et al. 2004) of one frame, (h, w, c) of 0–255 twice, as scikit-image's with a flat 7 x 7 window.

    Frames smaller than that take the largest odd window that fits.
    """
    return _similarity(_unit(frame), _unit(predicted).clip(0, 1))


def _figures(frame: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float, float]:
    frame, predicted = _unit(frame), _unit(predicted)
    clipped, error = predicted.clip(0, 1), frame - predicted
    return _psnr(frame - clipped), _similarity(frame, clipped), _squares(error), np.abs(error).sum(dtype="float64")


def _each(frames: ArrayLike) -> np.ndarray:
    frames = np.asarray(frames)
    return frames.reshape(-1, *frames.shape[-3:])


def _unit(frame: ArrayLike) -> np.ndarray:
    return np.asarray(frame, "float32") / 255


def _psnr(error: np.ndarray) -> float:
    return -10 * np.log10(max(_squares(error) / error.size, 10 ** (-BEST_PSNR / 10)))


def _squares(error: np.ndarray) -> float:
    error = error.ravel()
    return float(np.dot(error, error))


def _similarity(frame: np.ndarray, other: np.ndarray) -> float:
    height, width, channels = frame.shape
    side = ssim_window(height, width)
    rows, across = height - side + 1, (width - side + 1) * channels
    frame, other = frame.reshape(height, -1), other.reshape(height, -1)

    def local(maps: np.ndarray) -> np.ndarray:
        columns = _added_up([maps[:, channels * shift :][:, :across] for shift in range(side)])
        return _added_up([columns[shift : shift + len(maps) - side + 1] for shift in range(side)]) / (side * side)

    total = 0.0
    for top in range(0, rows, STRIP):
        strip = slice(top, min(top + STRIP, rows) + side - 1)
        total += similarity_map(frame[strip], other[strip], local, pixels=side * side).sum(dtype="float64")
    return float(total / (rows * across))


def _added_up(arrays: Sequence[np.ndarray]) -> np.ndarray:
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total

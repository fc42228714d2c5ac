"""Pictures deeper than 8 bits as 8 bits: one range for a whole sequence."""

from collections.abc import Iterable

import numpy as np


def value_range(pictures: Iterable[np.ndarray]) -> tuple[float, float]:
    """The darkest and the brightest value except for 0.1 % each; NaN and infinity do not count.

    >>> value_range([np.float32([0, 1, np.nan, np.inf])])
    (0.001..., 0.998...)
    """
    values = np.concatenate([picture.ravel() for picture in pictures])
    if np.issubdtype(values.dtype, np.floating):
        values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(values, (0.1, 99.9)))
    return (low, high) if high > low else (low, low + 1)


def stretch(picture: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Values (h, w) or (h, w, 3) of any depth -> RGB (h, w, 3) uint8, `limits` becoming 0 and 255; NaN is black.

    >>> stretch(np.float32([[0, 1, np.nan, np.inf]]), (0.0, 1.0))[0, :, 0].tolist()
    [0, 255, 0, 255]
    """
    low, high = limits
    scaled = (picture.astype(np.float64) - low) * (255 / (high - low)) + 0.5
    image = np.clip(np.nan_to_num(scaled, posinf=255, neginf=0), 0, 255).astype(np.uint8)
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image

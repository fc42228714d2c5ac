"""Pictures deeper than 8 bits as 8 bits: one range for a whole sequence."""

from collections.abc import Sequence

import numpy as np

DEPTHS = (8, 10, 12, 14, 16)


def value_range(pictures: Sequence[np.ndarray]) -> tuple[float, float]:
    """The values that become 0 and 255: the darkest and the brightest but for 0.1 % each, without NaN and infinity.

    Colours of up to 16 bits keep their balance: of the depth that holds the brightest value (8, 10, 12, 14 or 16 bits)
    they keep the upper 8 bits.

    >>> value_range([np.float32([[0, 1, np.nan, np.inf]])])
    (0.001..., 0.998...)
    >>> stretch(np.uint16([[[4095, 2048, 15]]]), value_range([np.uint16([[[4095, 2048, 15]]])])).tolist()
    [[[255, 128, 0]]]
    """
    if all(picture.ndim == 3 and picture.dtype in (np.uint8, np.uint16) for picture in pictures):
        brightest = max((int(picture.max()) for picture in pictures if picture.size), default=0)
        step = 2.0 ** (next(depth for depth in DEPTHS if brightest < 2**depth) - 8)
        return step / 2, step / 2 + 255 * step  # so that rounding is the same as dropping the lower bits
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

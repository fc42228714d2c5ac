"""Pixels whose label is unknown: they are neither trained on nor scored."""

import numpy as np

VOID = 255


def void_value(mask: np.ndarray) -> np.ndarray:
    """The value of a void pixel in `mask`: () for (h, w), (bytes,) for bit planes (h, w, bytes).

    >>> void_value(np.zeros((4, 5, 2), np.uint8))
    array([  0, 255], dtype=uint8)
    """
    return void_pixel(0 if mask.ndim == 2 else mask.shape[2])


def void_pixel(planes: int) -> np.ndarray:
    """A void pixel of a mask of `planes` bytes of bit planes, uint8 (planes,); of class indices, (), when 0."""
    if not planes:
        return np.array(VOID, np.uint8)
    return np.repeat(np.array([0, 255], np.uint8), planes // 2)  # no class is seen, every class is unknown


def void_mask(height: int, width: int, planes: int = 0) -> np.ndarray:
    """A mask that is all void: uint8 (h, w), or bit planes (h, w, planes) when a pixel takes `planes` bytes.

    >>> void_mask(2, 3)[0].tolist()
    [255, 255, 255]
    """
    pixel = void_pixel(planes)
    return np.broadcast_to(pixel, (height, width, *pixel.shape)).copy()

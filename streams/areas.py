"""How many pixels each class covers."""

import cv2
import numpy as np


def class_areas(mask: np.ndarray, classes: int) -> np.ndarray:
    """mask (h, w) uint8 or uint16 -> how many pixels each of the classes 0, 1, … covers, (classes,) int64.

    >>> class_areas(np.uint8([[0, 2], [2, 255]]), 3).tolist()
    [1, 0, 2]
    """
    if mask.dtype == np.uint8 and classes <= 256:
        return cv2.calcHist([mask], [0], None, [256], [0, 256]).ravel()[:classes].astype(np.int64)
    return np.bincount(mask.ravel(), minlength=classes)[:classes]


class Areas:
    """The share of every class in the last mask, without void: `shares` (classes,), None before the first mask.

    >>> areas = Areas(3)
    >>> areas.see(None, np.uint8([[0, 2], [2, 255]]))
    >>> areas.shares.round(3).tolist()
    [0.333, 0.0, 0.667]
    """

    def __init__(self, classes: int, *, void: int = 255) -> None:
        self.shares: np.ndarray | None = None
        self._classes, self._void = classes, void

    def see(self, _frame: object, mask: np.ndarray) -> None:
        """The next frame and its mask."""
        areas = class_areas(mask, max(self._classes, self._void + 1))
        counted = mask.size - int(areas[self._void])
        self.shares = areas[: self._classes] / max(counted, 1)

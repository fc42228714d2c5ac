"""The regions of a mask that are written as polygons."""

from collections.abc import Collection
from typing import NamedTuple

import cv2
import numpy as np


class Drawing(NamedTuple):
    """One region: its class, the pixels (h, w) of its box, the box's place, and the object that it is (0: none)."""

    value: int
    pixels: np.ndarray
    left: int
    top: int
    track: int = 0

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width, height."""
        return self.left, self.top, self.pixels.shape[1], self.pixels.shape[0]


def drawings_of(mask: np.ndarray, classes: Collection[int], *, least: int = 1) -> list[Drawing]:
    """The connected regions of the classes in a mask (h, w), or planes (h, w, classes), the largest boxes first.

    least: pixels that a region has at least.

    >>> [(one.value, one.box) for one in drawings_of(np.uint8([[1, 1, 0, 2], [0, 0, 0, 2]]), (1, 2))]
    [(1, (0, 0, 2, 1)), (2, (3, 0, 1, 2))]
    """
    found: list[Drawing] = []
    for value in classes:
        there = mask[..., value] > 0 if mask.ndim == 3 else mask == value
        count, parts, facts, _ = cv2.connectedComponentsWithStats(there.astype(np.uint8), connectivity=8)
        for part in range(1, count):
            left, top, width, height, area = (int(fact) for fact in facts[part])
            if area >= least:
                pixels = parts[top : top + height, left : left + width] == part
                found.append(Drawing(value, pixels, left, top))
    return in_painting_order(found)


def in_painting_order(drawings: Collection[Drawing]) -> list[Drawing]:
    """Sorted so that a region inside another one comes after it."""
    return sorted(drawings, key=lambda one: -one.pixels.size)


def split_at_corners(drawings: Collection[Drawing]) -> list[Drawing]:
    """Every region in the parts that hold together by pixels' sides, in painting order.

    Regions that are held together by corners alone may pass through each other, so that no order paints both right.

    >>> eye = Drawing(1, np.eye(3, dtype=bool), 4, 5, track=7)
    >>> [(one.box, one.track) for one in split_at_corners([eye])]
    [((4, 5, 1, 1), 7), ((5, 6, 1, 1), 7), ((6, 7, 1, 1), 7)]
    """
    parts: list[Drawing] = []
    for one in drawings:
        count, labels, facts, _ = cv2.connectedComponentsWithStats(one.pixels.astype(np.uint8), connectivity=4)
        for part in range(1, count):
            left, top, width, height = (int(fact) for fact in facts[part][:4])
            pixels = labels[top : top + height, left : left + width] == part
            parts.append(Drawing(one.value, pixels, one.left + left, one.top + top, one.track))
    return in_painting_order(parts)

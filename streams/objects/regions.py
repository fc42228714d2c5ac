"""The connected regions of a mask."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from streams.objects.tracks import Box, Region

MOST = 500  # regions of a frame that are followed: the largest


class Regions(NamedTuple):
    """The regions of a frame. `labels` (h, w) is 1 + the number of the region in `found`, 0 elsewhere.

    left_out: how many there were beyond `MOST`.
    """

    found: list[Region]
    labels: np.ndarray
    left_out: int = 0


def regions_of(mask: np.ndarray, classes: Collection[int], *, least: int = 1) -> Regions:
    """The connected regions (8 neighbours) of the classes in a mask (h, w) uint8 with at least `least` pixels each.

    >>> found = regions_of(np.uint8([[1, 1, 0, 2], [0, 0, 0, 2]]), [1, 2]).found
    >>> [(region.value, region.area, region.box) for region in found]
    [(1, 2, (0, 0, 2, 1)), (2, 2, (3, 0, 1, 2))]
    """
    from skimage.measure import label

    chosen = np.zeros(np.iinfo(mask.dtype).max + 1, np.int32)
    for value in classes:
        chosen[value] = value + 1
    raw, count = label(chosen[mask], background=0, connectivity=2, return_num=True)
    return _kept(raw, int(count), mask, max(least, 1))


def region_at(value: int, box: Box, pixels: np.ndarray) -> Region:
    """The region of the True pixels of a box, the box shrunk to them."""
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y, (height, width) = box[0] + int(columns[0]), box[1] + int(rows[0]), pixels.shape
    area = int(pixels.sum())
    centroid = (
        x + float(pixels.sum(0) @ np.arange(width)) / area,
        y + float(pixels.sum(1) @ np.arange(height)) / area,
    )
    return Region(value, area, centroid, (x, y, width, height), pixels)


def overlaps(region: Region, shift: tuple[int, int], labels: np.ndarray, count: int) -> np.ndarray:
    """How many pixels the region, moved by `shift` (x, y), has in common with each of `count` regions: (count,)."""
    x, y, width, height = region.box
    x, y = x + shift[0], y + shift[1]
    top, left = max(-y, 0), max(-x, 0)
    bottom, right = min(height, labels.shape[0] - y), min(width, labels.shape[1] - x)
    if top >= bottom or left >= right:
        return np.zeros(count, np.int64)
    under = labels[y + top : y + bottom, x + left : x + right]
    return np.bincount(under[region.pixels[top:bottom, left:right]], minlength=count + 1)[1:]


def _kept(raw: np.ndarray, count: int, mask: np.ndarray, least: int) -> Regions:
    from scipy.ndimage import find_objects

    areas = np.bincount(raw.ravel(), minlength=count + 1)
    numbers = np.flatnonzero(areas[1:] >= least) + 1
    left_out = max(0, len(numbers) - MOST)
    if left_out:
        numbers = np.sort(numbers[np.argsort(-areas[numbers], kind="stable")[:MOST]])
    boxes = find_objects(raw)
    found = []
    renumbered = np.zeros(count + 1, np.int32)
    for place, number in enumerate(numbers, start=1):
        rows, columns = boxes[number - 1]
        pixels = raw[rows, columns] == number
        first = columns.start + int(np.argmax(pixels[0]))
        box = (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        found.append(region_at(int(mask[rows.start, first]), box, pixels))
        renumbered[number] = place
    return Regions(found, renumbered[raw], left_out)

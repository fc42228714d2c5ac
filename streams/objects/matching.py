"""Which region of a frame is which object of the frames before."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from streams.objects.regions import Regions, overlaps
from streams.objects.tracks import Track

LEAST_IOU = 0.1  # with less in common only the distance counts
REACH = 1.0  # sides of an object (the root of its area) that its centroid may jump without any overlap
SIZES = 3.0  # times that its area may then change
NEAR = 0.1  # what a region next to it is worth, an overlap being worth its IoU
SUPPORT = 0.5  # share of a region within another from which on it belongs to it

Shift = tuple[int, int]


class Matching(NamedTuple):
    """pairs: track -> region. `common` (tracks, regions): pixels in common."""

    pairs: dict[int, int]
    common: np.ndarray


def match(tracks: Sequence[Track], shifts: Sequence[Shift], regions: Regions) -> Matching:
    """Assigns regions to tracks so that the similarities add up to the most (Kuhn 1955, by SciPy).

    A track is compared where it is expected: moved by its `shift` (x, y). Similar is what overlaps, by the intersection
    over the union; without an overlap, what is near and about as large.
    """
    common = common_pixels(tracks, shifts, regions)
    if not common.size:
        return Matching({}, common)
    from scipy.optimize import linear_sum_assignment

    similar = _similarities(tracks, shifts, regions, common)
    rows, columns = linear_sum_assignment(similar, maximize=True)
    pairs = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if similar[i, j] > 0}
    return Matching(pairs, common)


def common_pixels(tracks: Sequence[Track], shifts: Sequence[Shift], regions: Regions) -> np.ndarray:
    """(tracks, regions): the pixels that each track has in common with each region of its class."""
    count = len(regions.found)
    if not tracks or not count:
        return np.zeros((len(tracks), count), np.int64)
    common = np.stack(
        [overlaps(track.region, shift, regions.labels, count) for track, shift in zip(tracks, shifts, strict=True)]
    )
    return np.where(_same_class(tracks, regions), common, 0)


def _similarities(tracks: Sequence[Track], shifts: Sequence[Shift], regions: Regions, common: np.ndarray) -> np.ndarray:
    mine = np.array([track.region.area for track in tracks], float)[:, None]
    theirs = np.array([region.area for region in regions.found], float)[None]
    iou = common / (mine + theirs - common)
    places = np.array([track.region.centroid for track in tracks]) + np.array(shifts)
    distances = np.linalg.norm(places[:, None] - np.array([region.centroid for region in regions.found])[None], axis=2)
    reach = REACH * np.sqrt((mine + theirs) / 2)
    alike = (np.maximum(mine, theirs) <= SIZES * np.minimum(mine, theirs)) & _same_class(tracks, regions)
    near = np.where(alike, NEAR * np.clip(1 - distances / reach, 0, None), 0)
    return np.where(iou >= LEAST_IOU, iou, near)


def _same_class(tracks: Sequence[Track], regions: Regions) -> np.ndarray:
    values = np.array([track.region.value for track in tracks])
    same: np.ndarray = values[:, None] == np.array([region.value for region in regions.found])[None]
    return same

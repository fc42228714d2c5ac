"""Regions in which several known objects touch, cut where these are expected."""

from collections.abc import Sequence

import numpy as np

from streams.objects.matching import SUPPORT, Shift, common_pixels
from streams.objects.regions import Regions, region_at
from streams.objects.tracks import Region, Track

KNOWN = 3  # frames in which an object must have been seen before a region is cut for it
LEAST_SHARE = 0.25  # of its former area that each part must have


def part_touching(tracks: Sequence[Track], shifts: Sequence[Shift], regions: Regions) -> Regions:
    """The regions, those that hold several objects cut: every pixel goes to the object that is expected nearest."""
    common = common_pixels(tracks, shifts, regions)
    if not common.size:
        return regions
    own = np.array([track.region.area for track in tracks])
    known = np.array([track.seen >= KNOWN and not track.missing for track in tracks])
    inside = (common >= SUPPORT * own[:, None]) & known[:, None]
    if not (inside.sum(0) > 1).any():
        return regions
    labels, found = regions.labels.copy(), list(regions.found)
    for number in np.flatnonzero(inside.sum(0) > 1):
        holders = [int(i) for i in np.flatnonzero(inside[:, number])]
        parts = _parts(found[number], [tracks[i].region for i in holders], [shifts[i] for i in holders])
        for place, part in enumerate(parts):
            x, y, width, height = part.box
            index = int(number) if not place else len(found)
            labels[y : y + height, x : x + width][part.pixels] = index + 1
            found[index : index + 1] = [part]
    return Regions(found, labels, regions.left_out)


def _parts(region: Region, known: Sequence[Region], shifts: Sequence[Shift]) -> list[Region]:
    """The region in parts; one part where cutting it would leave too little of an object."""
    from scipy.ndimage import distance_transform_edt

    distances = np.stack(
        [
            distance_transform_edt(~_painted(one, shift, region))  # 0 where it is expected
            for one, shift in zip(known, shifts, strict=True)
        ]
    )
    nearest = np.argmin(distances, axis=0)
    masks = [region.pixels & (nearest == place) for place in range(len(known))]
    if any(mask.sum() < LEAST_SHARE * one.area for mask, one in zip(masks, known, strict=True)):
        return [region]
    return [region_at(region.value, region.box, mask) for mask in masks]


def _painted(known: Region, shift: Shift, region: Region) -> np.ndarray:
    """The known region, moved, in the box of another: (h, w) bool."""
    x, y, width, height = region.box
    left, top = known.box[0] + shift[0] - x, known.box[1] + shift[1] - y
    painted = np.zeros((height, width), bool)
    rows = slice(max(top, 0), min(top + known.box[3], height))
    columns = slice(max(left, 0), min(left + known.box[2], width))
    if rows.start < rows.stop and columns.start < columns.stop:
        painted[rows, columns] = known.pixels[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return painted

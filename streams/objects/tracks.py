"""The memory of a stream's objects, as values, and as arrays for a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from streams.errors import StreamError

TABLE, PIXELS = "objects/table", "objects/pixels"  # the names of the arrays
MOST_PIXELS = 2**28  # of all regions in a file

Box = tuple[int, int, int, int]  # x, y of the upper left pixel, width, height
Point = tuple[float, float]  # x, y


class Region(NamedTuple):
    """A connected region of one class. `pixels` (h, w) is True inside the box where the region is."""

    value: int
    area: int
    centroid: Point
    box: Box
    pixels: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """An object that is being followed.

    Attributes:
        key: its own number from the first frame on. `id`: the public one, 0 before it is confirmed.
        region: where it was last seen.
        velocity: of its centroid, pixels a second in x and y.
        first, last: the times at which it was seen first and last. `seen`: in how many frames.
        missing: frames since then.
        host: the key of the object that it has merged into; 0: none.
        parent: the id of the object that it split from; 0: none.
        path: pixels that its centroid has moved. `areas`: the sum of its areas.
        start: its first centroid. `trail`: its last ones, the newest at the end.
    """

    key: int
    id: int
    region: Region
    velocity: Point
    first: Fraction
    last: Fraction
    seen: int = 1
    missing: int = 0
    host: int = 0
    parent: int = 0
    path: float = 0.0
    areas: int = 0
    start: Point = (0.0, 0.0)
    trail: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Everything that is remembered: it does not grow with the length of the stream.

    totals: class -> how many objects have been given an id. `epoch`, `pts` and `size` (h, w) are the last frame's.
    """

    tracks: tuple[Track, ...] = ()
    next_key: int = 1
    next_id: int = 1
    epoch: int | None = None
    pts: Fraction = Fraction(0)
    size: tuple[int, int] | None = None
    totals: Mapping[int, int] = field(default_factory=dict)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """As two arrays of bytes, for `Tracks.from_arrays`."""
        facts = {
            "next": [self.next_key, self.next_id],
            "epoch": self.epoch,
            "pts": str(self.pts),
            "size": self.size,
            "totals": sorted(self.totals.items()),
            "tracks": [_row(track) for track in self.tracks],
        }
        bits = [np.packbits(track.region.pixels) for track in self.tracks]
        return {
            TABLE: np.frombuffer(json.dumps(facts).encode(), np.uint8),
            PIXELS: np.concatenate([np.zeros(0, np.uint8), *bits]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Tracks":
        """Undo `to_arrays`. StreamError where the arrays are not what it gave."""
        try:
            facts = json.loads(np.asarray(arrays[TABLE], np.uint8).tobytes())
            tracks = _with_pixels(facts["tracks"], np.asarray(arrays[PIXELS], np.uint8))
            size = facts["size"] and (int(facts["size"][0]), int(facts["size"][1]))
            totals = {int(value): int(count) for value, count in facts["totals"]}
            key, number = (int(part) for part in facts["next"])
            return cls(tuple(tracks), key, number, facts["epoch"], Fraction(facts["pts"]), size, totals)
        except (KeyError, ValueError, TypeError, IndexError, ZeroDivisionError, RecursionError) as error:
            raise StreamError(f"a state holds no objects that can be followed on: {error!r}") from error


def _row(track: Track) -> list[Any]:
    region = track.region
    return [
        [track.key, track.id, track.seen, track.missing, track.host, track.parent, track.areas],
        [region.value, region.area, *region.box],
        [*region.centroid, *track.velocity, track.path, *track.start],
        [str(track.first), str(track.last)],
        [list(point) for point in track.trail],
    ]


def _with_pixels(rows: list[Any], packed: np.ndarray) -> list[Track]:
    tracks, place = [], 0
    for numbers, (value, area, *box), floats, (first, last), trail in rows:
        x, y, width, height = (int(part) for part in box)
        if not 0 < width * height <= MOST_PIXELS or min(width, height) < 1:
            raise ValueError(f"a region of {width}x{height} pixels")
        count = -(-width * height // 8)
        if place + count > len(packed):
            raise ValueError("regions without their pixels")
        bits = np.unpackbits(packed[place : place + count], count=width * height)
        place += count
        cx, cy, vx, vy, path, sx, sy = (float(part) for part in floats)
        key, number, seen, missing, host, parent, areas = (int(part) for part in numbers)
        region = Region(int(value), int(area), (cx, cy), (x, y, width, height), bits.reshape(height, width) > 0)
        track = Track(key, number, region, (vx, vy), Fraction(first), Fraction(last), seen, missing, host, parent)
        points = tuple((float(px), float(py)) for px, py in trail)
        tracks.append(replace(track, path=path, areas=areas, start=(sx, sy), trail=points))
    return tracks

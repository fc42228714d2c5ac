"""Objects followed from frame to frame: ids that survive short gaps, splits and merges."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from streams.errors import StreamError
from streams.objects.matching import SUPPORT, Matching, Shift, match
from streams.objects.parting import part_touching
from streams.objects.regions import Regions, regions_of
from streams.objects.sighting import Ended, Found, Sighting
from streams.objects.tracks import Box, Point, Region, Track, Tracks

LEAST_SHARE = 0.0002  # of the picture that an object covers at least, unless its pixels are given
TRAIL = 32  # places that are remembered
KEEP_MERGED = 5  # objects that merged into another one are kept this many times as long
STEADY = 3  # frames after which a velocity is used
SLOWNESS = 0.6  # what the velocity before counts, against the newest
SAME_SIZE = 1.4  # times that an area may change while the centroid's way still counts as movement
TOUCHING = ("part", "merge")


@dataclass(frozen=True, slots=True)
class Follower:
    """Follows the connected regions of some classes.

    A new frame's regions are assigned to the known objects by overlap, moved on by their velocities, and by distance
    where nothing overlaps. A new epoch (a cut, a lost source, another size) ends all objects.

    Attributes:
        classes: those whose regions are objects.
        least: pixels that an object has at least; None: 0.02 % of the picture.
        keep: frames for which an object that is not seen keeps its id.
        confirm: frames in which a region must be found before it is an object with an id.
        touching: "part" cuts a region in which several known objects touch; "merge" gives it to one of them, and the
            others get their ids back when they come apart.

    Example:
        >>> follower, tracks = Follower((1,), least=1, confirm=1), None
        >>> for time, mask in enumerate([np.eye(4, dtype=np.uint8)] * 3):
        ...     found, tracks = follower.step(mask, tracks, pts=Fraction(time))
        >>> [(one.id, one.seen, one.region.area) for one in found.sightings]
        [(1, 3, 4)]
    """

    classes: Collection[int]
    least: int | None = None
    keep: int = 10
    confirm: int = 2
    touching: str = "part"

    def __post_init__(self) -> None:
        if self.touching not in TOUCHING:
            raise StreamError(f"objects that touch {' or '.join(TOUCHING)}, got {self.touching!r}")
        if self.keep < 0 or self.confirm < 1 or (self.least is not None and self.least < 1):
            raise StreamError("objects are kept 0 frames or more, confirmed in 1 or more, and have 1 pixel or more")

    def step(
        self, mask: np.ndarray, tracks: Tracks | None, *, pts: Fraction, epoch: int = 0, gap: int = 0
    ) -> tuple[Found, Tracks]:
        """A mask (h, w) uint8 and what is remembered (None: nothing) -> the objects on it and what is remembered now.

        pts: its time. gap: frames that are missing before it.
        """
        tracks, cut = _begun(tracks or Tracks(), epoch, mask.shape)
        least = self.least or max(1, round(LEAST_SHARE * mask.size))
        regions = regions_of(mask, self.classes, least=least)
        shifts = [_shift(track, pts) for track in tracks.tracks]
        if self.touching == "part":
            regions = part_touching(tracks.tracks, shifts, regions)
        matching = match(tracks.tracks, shifts, regions)
        turn = _Turn(self, tracks, regions, matching, pts, gap + 1)
        after = turn.after(epoch)
        found = Found(turn.sightings, (*cut, *turn.ended), dict(after.totals), regions.left_out)
        return found, after

    def end(self, tracks: Tracks | None) -> tuple[Ended, ...]:
        """The objects that are still followed when the stream ends."""
        return tuple(Ended(track, "end") for track in (tracks or Tracks()).tracks if track.id)


class _Turn:
    """One frame: the assignment of all objects and regions."""

    def __init__(
        self, follower: Follower, tracks: Tracks, regions: Regions, matching: Matching, pts: Fraction, step: int
    ) -> None:
        self._follower, self._before, self._pts, self._missing = follower, tracks, pts, step
        self._height, self._width = regions.labels.shape
        self._regions, self._matching = regions.found, matching
        self._next_key, self._next_id = tracks.next_key, tracks.next_id
        self._totals = dict(tracks.totals)
        self._found: list[Sighting] = []
        self._ended: list[Ended] = []
        self._taken = {region: row for row, region in matching.pairs.items()}
        merged = self._merged()
        kept = [self._seen(row, column, merged) for row, column in sorted(matching.pairs.items())]
        kept += [self._new(column) for column in range(len(self._regions)) if column not in self._taken]
        hosts = {track.key: track for track in kept}
        for row, track in enumerate(tracks.tracks):
            if row not in matching.pairs:
                kept += self._unseen(track, merged.get(row), hosts)
        self._kept = tuple(kept)

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        return tuple(sorted(self._found, key=lambda one: one.id))

    @property
    def ended(self) -> tuple[Ended, ...]:
        return tuple(self._ended)

    def after(self, epoch: int) -> Tracks:
        size = self._height, self._width
        return Tracks(self._kept, self._next_key, self._next_id, epoch, self._pts, size, self._totals)

    def _merged(self) -> dict[int, int]:
        """Tracks whose place is now covered by another's region: row -> the other's row."""
        merged = {}
        for row, track in enumerate(self._before.tracks):
            if row in self._matching.pairs or not self._regions:
                continue
            column = int(np.argmax(self._matching.common[row]))
            if self._matching.common[row, column] >= SUPPORT * track.region.area and column in self._taken:
                merged[row] = self._taken[column]
        return merged

    def _seen(self, row: int, column: int, merged: dict[int, int]) -> Track:
        track, region = self._before.tracks[row], self._regions[column]
        guests = [self._before.tracks[guest] for guest, host in merged.items() if host == row]
        names = [str(guest.id) for guest in guests if guest.id and not guest.missing]
        event = f"merged with {' '.join(names)}" if names else ""
        if track.missing or track.host:
            event = event or "returned"
        moved = replace(
            track,
            region=region,
            velocity=_velocity(track, region, self._pts),
            last=self._pts,
            seen=track.seen + 1,
            missing=0,
            host=0,
            path=track.path + _distance(track.region.centroid, region.centroid),
            areas=track.areas + region.area,
            trail=(*track.trail, region.centroid)[-TRAIL:],
        )
        return self._told(moved, event, track.last)

    def _new(self, column: int) -> Track:
        region = self._regions[column]
        parent = self._parent(column)
        track = Track(
            self._next_key, 0, region, (0.0, 0.0), self._pts, self._pts,
            parent=parent, areas=region.area, start=region.centroid, trail=(region.centroid,),
        )  # fmt: skip
        self._next_key += 1
        return self._told(track, "", self._pts)

    def _parent(self, column: int) -> int:
        """The id of the object that a new region was a part of; 0: none."""
        if not len(self._before.tracks):
            return 0
        row = int(np.argmax(self._matching.common[:, column]))
        inside = self._matching.common[row, column] >= SUPPORT * self._regions[column].area
        return self._before.tracks[row].id if inside and row in self._matching.pairs else 0

    def _told(self, track: Track, event: str, before: Fraction) -> Track:
        """The track with an id if it has earned one; then it is a sighting."""
        if not track.id:
            if track.seen < self._follower.confirm:
                return track
            event = f"split from {track.parent}" if track.parent else "appeared"
            track = replace(track, id=self._next_id)
            self._next_id += 1
            self._totals[track.region.value] = self._totals.get(track.region.value, 0) + 1
        self._found.append(Sighting(track, event, before))
        return track

    def _unseen(self, track: Track, host_row: int | None, hosts: dict[int, Track]) -> list[Track]:
        """The track if it is still waited for. What has merged into another moves along with it."""
        host = self._before.tracks[host_row].key if host_row is not None else track.host
        missing = track.missing + self._missing
        keep = self._follower.keep * (KEEP_MERGED if host in hosts else 1)
        if not track.id or missing > keep:
            if track.id:
                reason = "merged" if track.host in hosts else "left" if self._at_the_edge(track) else "lost"
                self._ended.append(Ended(track, reason))
            return []
        if host not in hosts:
            return [replace(track, missing=missing, host=0)]
        before = next(one for one in self._before.tracks if one.key == host)
        return [replace(_moved_with(track, before.region, hosts[host].region), missing=missing, host=host)]

    def _at_the_edge(self, track: Track) -> bool:
        """Whether it was last seen at the picture's edge, or was on its way over it."""
        (x, y, width, height), (dx, dy) = track.region.box, _shift(track, self._pts)
        x, y, right, bottom = min(x, x + dx), min(y, y + dy), max(x, x + dx) + width, max(y, y + dy) + height
        return x <= 1 or y <= 1 or right >= self._width - 1 or bottom >= self._height - 1


def _begun(tracks: Tracks, epoch: int, size: tuple[int, ...]) -> tuple[Tracks, tuple[Ended, ...]]:
    """Without any object where a new epoch begins; those that end by it."""
    if tracks.size in (None, size) and tracks.epoch in (None, epoch):
        return tracks, ()
    return replace(tracks, tracks=()), tuple(Ended(track, "cut") for track in tracks.tracks if track.id)


def _shift(track: Track, pts: Fraction) -> Shift:
    """Where it is expected: pixels (x, y) from where it was last seen."""
    if track.seen < STEADY or track.host:
        return 0, 0
    seconds = float(pts - track.last)
    return round(track.velocity[0] * seconds), round(track.velocity[1] * seconds)


def _velocity(track: Track, region: Region, pts: Fraction) -> Point:
    """Smoothed; where the size jumps, a part has come or gone and the centroid's way says nothing."""
    seconds = float(pts - track.last)
    larger, smaller = max(region.area, track.region.area), min(region.area, track.region.area)
    if seconds <= 0 or larger > SAME_SIZE * smaller or track.host:
        return track.velocity
    x, y = ((new - old) / seconds for new, old in zip(region.centroid, track.region.centroid, strict=True))
    if track.seen == 1:
        return x, y
    old = track.velocity
    return SLOWNESS * old[0] + (1 - SLOWNESS) * x, SLOWNESS * old[1] + (1 - SLOWNESS) * y


def _moved_with(track: Track, before: Region, after: Region) -> Track:
    """The track at the place that it had in its host."""
    dx, dy = (round(new - old) for new, old in zip(after.centroid, before.centroid, strict=True))
    (x, y, width, height), (cx, cy) = track.region.box, track.region.centroid
    box: Box = (x + dx, y + dy, width, height)
    return replace(track, region=track.region._replace(box=box, centroid=(cx + dx, cy + dy)))


def _distance(one: Point, other: Point) -> float:
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))

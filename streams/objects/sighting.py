"""The objects found on a frame."""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from streams.objects.tracks import Region, Track


class Sighting(NamedTuple):
    """An object on a frame.

    Attributes:
        track: all that is known of it, this frame included.
        event: "", "appeared", "returned", "split from 4" or "merged with 5 6".
        before: the time at which it was seen last before this frame.
    """

    track: Track
    event: str
    before: Fraction

    @property
    def id(self) -> int:
        """Of the object in its stream; never given twice."""
        return self.track.id

    @property
    def value(self) -> int:
        """Its class."""
        return self.track.region.value

    @property
    def region(self) -> Region:
        """Its pixels, area, centroid (x, y) and box."""
        return self.track.region

    @property
    def speed(self) -> float:
        """Pixels a second."""
        return float(np.hypot(*self.track.velocity))


class Ended(NamedTuple):
    """An object that is followed no longer, and why: "left", "lost", "merged", "cut" or "end"."""

    track: Track
    reason: str


class Found(NamedTuple):
    """The objects of a frame.

    totals: class -> how many objects have been given an id until now. left_out: regions beyond those that are followed.
    """

    sightings: tuple[Sighting, ...] = ()
    ended: tuple[Ended, ...] = ()
    totals: dict[int, int] = {}
    left_out: int = 0

    @property
    def counts(self) -> dict[int, int]:
        """Class -> how many objects there are now."""
        return dict(Counter(one.value for one in self.sightings))

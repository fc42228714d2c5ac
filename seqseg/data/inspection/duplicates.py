"""Pictures that occur twice, or nearly: leaks from training into validation."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

NEAR = 3
"""The most bits of 64 in which the difference hashes of near duplicates differ."""
_BLOCKS = 4  # of 16 bits: hashes that differ in up to 3 bits have an equal block
_CROWDED = 2000  # above this many pictures with an equal block only neighbours are compared
_FLAT = 4.0  # a difference hash means nothing below this contrast in grey levels


class Seen(NamedTuple):
    """A frame: its split, video and number, digest, difference hash and contrast."""

    split: str
    video: str
    frame: int
    digest: bytes
    fingerprint: int
    contrast: float


class Twice(NamedTuple):
    """Pictures of two videos that are the same ("exact") or similar ("near"): the closest pair, and how many."""

    kind: str
    one: Seen
    other: Seen
    distance: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nothing needs

    @property
    def leaks(self) -> bool:
        """Whether they are in different splits."""
        return self.one.split != self.other.split


def find_twice(pictures: Sequence[Seen], *, near: int = NEAR) -> list[Twice]:
    """Duplicates by pairs of videos, leaks first; frames of one video are never near duplicates.

    Equal consecutive frames of a video do not count.
    """
    found: dict[tuple[str, ...], Twice] = {}
    for pair, distance in _pairs(pictures, near):
        one, other = pair
        kind = "exact" if one.digest == other.digest else "near"
        key = (kind, one.split, one.video, other.split, other.video)
        before = found.get(key)
        if before is None:
            found[key] = Twice(kind, one, other, distance, 1)
        else:
            best = before if before.distance <= distance else Twice(kind, one, other, distance, 0)
            found[key] = best._replace(count=before.count + 1)
    return sorted(found.values(), key=lambda twice: (not twice.leaks, twice.kind, -twice.count))


def _pairs(pictures: Sequence[Seen], near: int) -> Iterator[tuple[tuple[Seen, Seen], int]]:
    """(pair in order, distance), each once."""
    by_digest: dict[bytes, list[Seen]] = defaultdict(list)
    for picture in pictures:
        by_digest[picture.digest].append(picture)
    for same in by_digest.values():
        for one, other in zip(same, same[1:], strict=False):
            follows = (one.split, one.video, one.frame + 1) == (other.split, other.video, other.frame)
            if not follows:
                yield (one, other), 0
    telling = [picture for picture in pictures if picture.contrast >= _FLAT]
    hashes = np.array([picture.fingerprint for picture in telling], np.uint64)
    seen: set[tuple[int, int]] = set()
    for block in range(_BLOCKS):
        parts = (hashes >> np.uint64(16 * block)) & np.uint64(0xFFFF)
        order = np.argsort(parts, kind="stable")
        ends = np.flatnonzero(np.diff(parts[order])) + 1
        for group in np.split(order, ends):
            for first, second, distance in _close(hashes, group, near):
                key = (min(first, second), max(first, second))
                pair = telling[key[0]], telling[key[1]]
                if key not in seen and pair[0].digest != pair[1].digest and pair[0][:2] != pair[1][:2]:
                    seen.add(key)
                    yield pair, distance


def _close(hashes: np.ndarray, group: np.ndarray, near: int) -> Iterator[tuple[int, int, int]]:
    reach = len(group) if len(group) <= _CROWDED else 50
    for step in range(1, reach):
        distances = np.bitwise_count(hashes[group[:-step]] ^ hashes[group[step:]])
        for place in np.flatnonzero(distances <= near):
            yield int(group[place]), int(group[place + step]), int(distances[place])

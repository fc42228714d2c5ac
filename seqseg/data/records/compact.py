"""The long entries of a video in the index of records, kept short: sizes, labelled frames, times, vectors."""

import base64
import binascii
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Generic, NotRequired, TypedDict, TypeVar, overload

import numpy as np

from seqseg.errors import DataError

Item = TypeVar("Item")
Sizes = list[int] | list[list[int]]
Flags = bool | list[list[int]]


class ShortTimes(TypedDict):
    """Whole ticks of one clock: each one, or the first and the step."""

    per_second: int
    ticks: NotRequired[list[int]]
    start: NotRequired[int]
    step: NotRequired[int]


class ShortVectors(TypedDict):
    """Rows of `length` little-endian floats as base64: one a frame, or one for all."""

    length: int
    float32: str


class VideoEntry(TypedDict):
    """A video in the index; see `index.py`."""

    name: str
    frames: int
    size: Sizes
    labelled: Flags
    times: NotRequired[ShortTimes]
    vectors: NotRequired[ShortVectors]


def video_entry(
    name: str, *, sizes: Iterable[tuple[int, int]], labelled: Iterable[bool], times: Sequence[Fraction] | None,
    vectors: Sequence[np.ndarray] | None,
) -> VideoEntry:  # fmt: skip
    """The entry of a video in the index."""
    sizes, labelled = list(sizes), list(labelled)
    entry: VideoEntry = {
        "name": name, "frames": len(sizes), "size": short_sizes(sizes), "labelled": short_flags(labelled),
    }  # fmt: skip
    if times is not None:
        entry["times"] = short_times(times)
    if vectors is not None:
        entry["vectors"] = short_vectors(vectors)
    return entry


def short_sizes(sizes: Sequence[tuple[int, int]]) -> Sizes:
    """[(4, 5), (4, 5)] -> [4, 5]; sizes that differ -> [[how many, h, w], …]."""
    runs = [[len(list(run)), int(height), int(width)] for (height, width), run in groupby(sizes)]
    return runs[0][1:] if len(runs) == 1 else runs


def long_sizes(short: Sizes, frames: int) -> Sequence[tuple[int, int]]:
    """The inverse of `short_sizes`.

    Raises:
        DataError: sizes that are none, or not one for each frame.
    """
    runs = [one for one in short if isinstance(one, list)]
    if not runs:
        runs = [[frames, *(side for side in short if isinstance(side, int))]]
    good = all(len(run) == 3 and all(type(number) is int and number >= 1 for number in run) for run in runs)
    if not good or sum(run[0] for run in runs) != frames:
        raise DataError(f"the sizes {str(short)[:60]} for {frames} frames")
    if len(runs) == 1:
        return _same((runs[0][1], runs[0][2]), frames)
    return [(height, width) for count, height, width in runs for _ in range(count)]


def short_flags(flags: Sequence[bool]) -> Flags:
    """[True, True] -> True, [False] -> False, else [[from, up to], …] of those that are true."""
    if all(flags) or not any(flags):
        return all(flags)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return [[int(start), int(stop)] for start, stop in edges.reshape(-1, 2)]


def long_flags(short: Flags, frames: int) -> Sequence[bool]:
    """The inverse of `short_flags`.

    Raises:
        DataError: ranges outside the frames.
    """
    if isinstance(short, bool):
        return _same(short, frames)
    flags = np.zeros(frames, bool)
    for start, stop in short:
        if not 0 <= start < stop <= frames:
            raise DataError(f"labelled frames {start} up to {stop} of {frames}")
        flags[start:stop] = True
    return [bool(flag) for flag in flags]


def short_times(times: Sequence[Fraction]) -> ShortTimes:
    """Exact seconds as ticks of one clock; evenly spaced ticks as the first and the step."""
    exact = [Fraction(time) for time in times]
    clock = math.lcm(*(time.denominator for time in exact))
    ticks = [int(time * clock) for time in exact]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0
    if all(tick == ticks[0] + step * number for number, tick in enumerate(ticks)):
        return {"per_second": clock, "start": ticks[0], "step": step}
    return {"per_second": clock, "ticks": ticks}


class Times(Sequence[Fraction]):
    """The inverse of `short_times`, as a lazy sequence of Fractions.

    Raises:
        DataError: a clock or ticks that are no whole numbers, or not one tick for each frame.

    >>> Times({"per_second": 30, "start": 0, "step": 1}, 3)[1:]
    (Fraction(1, 30), Fraction(1, 15))
    """

    __slots__ = ("_clock", "_ticks")

    def __init__(self, short: ShortTimes, frames: int):
        self._clock = short["per_second"]
        if type(self._clock) is not int or self._clock < 1:
            raise DataError(f"a clock of {str(self._clock)[:40]} ticks a second")
        self._ticks: Sequence[int]
        if "ticks" in short:
            self._ticks = short["ticks"]
            if len(self._ticks) != frames or not all(type(tick) is int for tick in self._ticks):
                raise DataError(f"{len(self._ticks)} ticks for {frames} frames, or ticks that are no whole numbers")
            return
        start, step = short["start"], short["step"]
        if type(start) is not int or type(step) is not int:
            raise DataError(f"times that start at {str(start)[:40]} and go on by {str(step)[:40]} ticks")
        self._ticks = range(start, start + step * frames, step) if step else _same(start, frames)

    def __len__(self) -> int:
        return len(self._ticks)

    @overload
    def __getitem__(self, index: int) -> Fraction: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fraction, ...]: ...
    def __getitem__(self, index: int | slice) -> Fraction | tuple[Fraction, ...]:
        if isinstance(index, slice):
            return tuple(self[number] for number in range(len(self))[index])
        return Fraction(self._ticks[index], self._clock)


def short_vectors(vectors: Sequence[np.ndarray]) -> ShortVectors:
    """Vectors float32 (k,) as the base64 of their rows; of one row when they are all the same."""
    rows = np.stack([np.asarray(vector, "<f4") for vector in vectors])
    if all(row.tobytes() == rows[0].tobytes() for row in rows):
        rows = rows[:1]
    return {"length": rows.shape[1], "float32": base64.b64encode(rows.tobytes()).decode("ascii")}


def long_vectors(short: ShortVectors, frames: int) -> np.ndarray:
    """The inverse of `short_vectors`: float32 (frames, k).

    Raises:
        DataError: rows that cannot be read, or not one for each frame or one for all.
    """
    try:
        rows = np.frombuffer(base64.b64decode(short["float32"], validate=True), "<f4").reshape(-1, short["length"])
    except (binascii.Error, ValueError, TypeError) as error:
        raise DataError(f"vectors that cannot be read ({error})") from None
    if len(rows) not in (1, frames):
        raise DataError(f"{len(rows)} vectors for {frames} frames")
    return np.broadcast_to(rows.astype(np.float32), (frames, short["length"]))


class _Same(Sequence[Item], Generic[Item]):
    """The same item a number of times."""

    __slots__ = ("_item", "_times")

    def __init__(self, item: Item, times: int):
        self._item, self._times = item, times

    def __len__(self) -> int:
        return self._times

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return _Same(self._item, len(range(self._times)[index]))
        if not -self._times <= index < self._times:
            raise IndexError(index)
        return self._item


@lru_cache(maxsize=256)  # a set of images has one for all that are of one size
def _shared(item: object, times: int) -> _Same[object]:
    return _Same(item, times)


def _same(item: Item, times: int) -> Sequence[Item]:
    return _shared(item, times)  # type: ignore[return-value]  # the cache loses the type of the item

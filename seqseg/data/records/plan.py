"""Which frames go into which shard, decided before the first is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqseg.data.records.encoding import Recipe, encode
from seqseg.data.records.frame import EncodedFrame
from seqseg.data.video import Video, VideoSet

SHARD_BYTES = 128 * 2**20
CLIP_BYTES = 32 * 2**20  # a record of a TFRecord is written and read as a whole
_SAMPLED = 8


class Unit(NamedTuple):
    """Frames `start` up to `stop` of video number `video`."""

    video: int
    start: int
    stop: int


@dataclass(frozen=True)
class ShardPlan:
    """A file and the frames it will hold."""

    file: str
    units: tuple[Unit, ...]

    @property
    def frames(self) -> int:
        """The number of frames."""
        return sum(unit.stop - unit.start for unit in self.units)


class Written(NamedTuple):
    """The counts of a finished shard, and for TFRecord where its frames are."""

    frames: int
    records: int
    offsets: str | None = None


class Clip(NamedTuple):
    """A unit to be written: `frames` are (number in the video, frame), encoded as they are iterated."""

    data: VideoSet
    video: Video
    unit: Unit
    frames: Iterator[tuple[int, EncodedFrame]]


def plan_shards(data: VideoSet, recipe: Recipe, suffix: str) -> list[ShardPlan]:
    """The shards of a split: about 128 MiB each, or as many as the recipe says, and never an empty one.

    ArrayRecord has a record a frame and is cut anywhere, into equal shards. A TFRecord has a record a video, or a part
    of at most 32 MiB of one, and is cut between records.
    """
    size = _bytes_a_frame(data, recipe)
    count = recipe.shards or -(-data.frames * size // SHARD_BYTES)
    lengths = [len(video) for video in data.videos]
    if recipe.storage == "array_record":
        count = min(count, data.frames)
        shards = _cut(lengths, [data.frames * number // count for number in range(1, count + 1)])
    else:
        shards = _group(_clips(lengths, max(1, CLIP_BYTES // size)), data.frames, count)
    return [
        ShardPlan(f"{data.split}-{number:05d}-of-{len(shards):05d}{suffix}", tuple(units))
        for number, units in enumerate(shards)
    ]


def _bytes_a_frame(data: VideoSet, recipe: Recipe) -> int:
    """The bytes of the largest of a few frames."""
    places = np.linspace(0, data.frames - 1, min(_SAMPLED, data.frames)).astype(int)
    ends = np.cumsum([len(video) for video in data.videos])
    videos = np.searchsorted(ends, places, side="right")
    sizes = [1]
    for place, video in zip(places, videos, strict=True):
        index = int(place - (ends[video - 1] if video else 0))
        frame = encode(data.videos[video], index, recipe, skip=True).frame  # damage is reported when it is written
        sizes.append(len(frame.to_record()) if frame else 1)
    return max(sizes)


def _cut(lengths: Sequence[int], ends: Sequence[int]) -> list[list[Unit]]:
    """The frames of all videos in a row, cut at `ends`, the last of which is their number."""
    shards: list[list[Unit]] = [[]]
    coming, first = iter(ends), 0
    end = next(coming)
    for video, length in enumerate(lengths):
        start = first
        while start < first + length:
            if start == end:
                shards.append([])
                end = next(coming)
            stop = min(end, first + length)
            shards[-1].append(Unit(video, start - first, stop - first))
            start = stop
        first += length
    return shards


def _clips(lengths: Sequence[int], longest: int) -> list[Unit]:
    """Every video whole, or in about equal parts of at most `longest` frames."""
    units = []
    for video, length in enumerate(lengths):
        parts = -(-length // longest)
        cuts = [length * part // parts for part in range(parts + 1)]
        units += [Unit(video, start, stop) for start, stop in zip(cuts, cuts[1:], strict=False)]
    return units


def _group(units: Sequence[Unit], frames: int, count: int) -> list[list[Unit]]:
    """The units in at most `count` groups of about equally many frames."""
    groups: dict[int, list[Unit]] = {}
    before = 0
    for unit in units:
        groups.setdefault(before * count // frames, []).append(unit)
        before += unit.stop - unit.start
    return list(groups.values())

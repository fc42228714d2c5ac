"""The videos of records: frames and masks that are read from the shards when asked for."""

import gc
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import numpy as np

from seqseg.data.left_out import LeftOut
from seqseg.data.records.array_records import ArrayRecordShards
from seqseg.data.records.compact import Times, VideoEntry, long_flags, long_sizes, long_vectors
from seqseg.data.records.frame import BadRecord, decode_image, decode_label
from seqseg.data.records.index import RecordIndex, Shard, SplitIndex
from seqseg.data.records.tfrecord import TFRecordShards
from seqseg.data.sequences import FrameSequence, MaskSequence
from seqseg.data.video import Video, size_text
from seqseg.errors import DataError

READERS: dict[str, Callable[[Path, Sequence[Shard]], ArrayRecordShards | TFRecordShards]] = {
    "array_record": ArrayRecordShards,
    "tfrecord": TFRecordShards,
}


def packed_videos(
    root: Path, index: RecordIndex, split: SplitIndex, damaged: Mapping[int, DataError], prefix: str, left_out: LeftOut
) -> list[Video]:
    """The videos of one split, their names with `prefix`; those in `damaged` shards are reported and left out.

    Raises:
        DataError: an entry of the index that makes no sense, or a damaged shard that may not be left out.
    """
    for fault in damaged.values():
        left_out.add(fault)
    frames = _Frames(READERS[index.storage](root, split.shards), split.shards)
    videos: list[Video] = []
    start = 0
    with _without_garbage_collection():
        for entry in split.videos:
            stop = start + entry["frames"]
            if not damaged or not damaged.keys() & frames.shards_of(start, stop):
                videos.append(_video(root, frames, entry, start, prefix))
            start = stop
    return videos


def _video(root: Path, frames: "_Frames", entry: VideoEntry, start: int, prefix: str) -> Video:
    count = entry["frames"]
    try:
        sizes, labelled = long_sizes(entry["size"], count), entry["labelled"]
        masks = None if labelled is False else _VideoMasks(frames, start, long_flags(labelled, count))
        times = Times(entry["times"], count) if "times" in entry else None
        vectors = long_vectors(entry["vectors"], count) if "vectors" in entry else None
        return Video(prefix + entry["name"], _VideoFrames(frames, start, sizes), masks, times, vectors)
    except (KeyError, TypeError, ValueError, IndexError, DataError) as error:
        raise DataError(
            f"the index of records:{root} makes no sense at video {entry['name']} ({error}); it is damaged or was "
            "edited: convert again"
        ) from None


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Making 100,000 videos takes three times as long while the collector looks for garbage among them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Frames:
    """All frames of a split by their number."""

    def __init__(self, shards: ArrayRecordShards | TFRecordShards, facts: Sequence[Shard]):
        self._shards = shards
        self._ends = list(accumulate(shard.frames for shard in facts))

    def shards_of(self, start: int, stop: int) -> range:
        """The shards that hold frames `start` up to `stop`."""
        return range(self._place(start)[0], self._place(stop - 1)[0] + 1)

    def image(self, number: int) -> np.ndarray:
        """RGB uint8 (h, w, 3)."""
        try:
            return decode_image(self._shards.image(*self._place(number)))
        except BadRecord as error:
            raise DataError(f"{self.describe(number)} {error}; copy the shard again, or convert again") from None

    def label(self, number: int) -> np.ndarray | None:
        """Class indices or bit planes, or None."""
        try:
            data, kind = self._shards.label(*self._place(number))
            return None if data is None else decode_label(data, kind)
        except BadRecord as error:
            raise DataError(f"{self.describe(number)} {error}; copy the shard again, or convert again") from None

    def describe(self, number: int) -> str:
        """The shard and the place in it."""
        return self._shards.describe(*self._place(number))

    def _place(self, number: int) -> tuple[int, int]:
        shard = bisect_right(self._ends, number)
        return shard, number - (self._ends[shard - 1] if shard else 0)


class _VideoFrames(FrameSequence):
    """The frames of one video."""

    __slots__ = ("_frames", "_start", "sizes")

    def __init__(self, frames: _Frames, start: int, sizes: Sequence[tuple[int, int]]):
        self._frames, self._start, self.sizes = frames, start, sizes

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, index: int) -> np.ndarray:
        number = _inside(index, len(self.sizes))
        image = self._frames.image(self._start + number)
        if image.shape[:2] != self.sizes[number]:
            raise DataError(
                f"{self.describe(number)} is {size_text(image.shape)} (height x width), the index says "
                f"{size_text(self.sizes[number])}; shard and index differ: copy both again"
            )
        return image

    def describe(self, index: int) -> str:
        return self._frames.describe(self._start + index)


class _VideoMasks(MaskSequence):
    """The masks of one video; the index says which are there."""

    __slots__ = ("_frames", "_present", "_start")

    def __init__(self, frames: _Frames, start: int, present: Sequence[bool]):
        self._frames, self._start, self._present = frames, start, present

    def __len__(self) -> int:
        return len(self._present)

    def __getitem__(self, index: int) -> np.ndarray | None:
        number = _inside(index, len(self._present))
        return self._frames.label(self._start + number) if self._present[number] else None

    @property
    def present(self) -> Sequence[bool]:
        return self._present

    def describe(self, index: int) -> str | None:
        return self._frames.describe(self._start + index) if self._present[index] else None


def _inside(index: int, length: int) -> int:
    number = index + length if index < 0 else index
    if not 0 <= number < length:
        raise IndexError(f"frame {index} of {length}")
    return number

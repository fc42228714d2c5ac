"""Records that `seqseg convert` wrote: any set packed into few large files, read frame by frame in any order.

    OUT/index.json                          see record_index.py
    OUT/train-00000-of-00004.array_record   a frame a record, or
    OUT/train-00000-of-00004.tfrecord.gz    a clip a record, see tfrecord.py

A record of ArrayRecord is, with integers little-endian,

    bytes 0…3     "SSF1"
    byte  4       what the label is: 0 there is none, 1 class indices, 2 bit planes; bytes 5…7 are zero
    bytes 8…11    i, the bytes of the image      bytes 12…15   l, the bytes of the label
    i bytes       the image, JPEG or PNG         l bytes       the label

and a label of class indices a gray PNG of 8 bits, 255 for void. One of bit planes (planes.py), for sets whose pixels
show several classes, is

    bytes 0…3     height        bytes 4…7    width
    bytes 8…9     d, the bytes of a pixel    bytes 10…11   u, how many of these stand here, the others being zero
    2 u bytes     which these are            the rest      their planes (u, height, width), through zlib

Everything else (names, sizes, times, vectors, which frames are labelled) stands in the index, so that a set opens
without reading a record. `records:PATH,verify=1` reads every shard once first and compares its checksum.
"""

import gc
import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import numpy as np

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.records.array_records import ArrayRecordShards
from seqseg.data.records.frame import BadRecord, decode_image, decode_label
from seqseg.data.records.index import (
    RecordIndex,
    Shard,
    SplitIndex,
    Times,
    long_flags,
    long_sizes,
    long_vectors,
    read_index,
)
from seqseg.data.records.tfrecord import TFRecordShards
from seqseg.data.spec import split_options, whole_number
from seqseg.data.video import Video, VideoSet, require_videos, size_text
from seqseg.errors import DataError

READERS = {"array_record": ArrayRecordShards, "tfrecord": TFRecordShards}


def open_records(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`records:PATH` or `records:PATH,verify=1` -> the videos that were converted, in their order.

    Raises:
        DataError: no records, a split that was not converted, an index that contradicts itself or is of a newer
            version, a shard that is missing, cut short, or (with verify) changed.
    """
    path, options = split_options(where, "records", {"verify": whole_number(0, 1)})
    root = Path(path).expanduser()
    index = read_index(root)
    if split != "all" and split not in index.splits:
        raise DataError(f"records:{root} has no {split} split; it has: {', '.join(index.splits)}")
    chosen = index.splits if split == "all" else {split: index.splits[split]}
    videos: list[Video] = []
    for name, part in chosen.items():
        damaged = _damaged(root, part.shards, checksums=bool(options.get("verify")))
        prefix = f"{name}/" if len(chosen) > 1 else ""
        with _without_collecting():
            videos += _videos(root, index, part, damaged, prefix, left_out)
    videos = require_videos(f"records:{root}", split, videos, "convert again")
    notes = tuple(dict.fromkeys(note for part in chosen.values() for note in part.notes))
    return VideoSet(
        f"records:{root}", split, videos, index.classes, np.array(index.palette, np.uint8), index.void, notes,
        index.multi_label, index.vector_names,
    )  # fmt: skip


def verify_records(path: str | Path) -> tuple[int, int]:
    """Read every shard of the records at `path` and compare its checksum; gives the numbers of shards and frames.

    Raises:
        DataError: no records, or shards that are missing or changed, all of them named.

    Example:
        >>> verify_records("packed")
        (4, 367)
    """
    root = Path(path).expanduser()
    index = read_index(root)
    shards = [shard for split in index.splits.values() for shard in split.shards]
    damaged = _damaged(root, shards, checksums=True)
    if damaged:
        raise DataError("; ".join(map(str, damaged.values())))
    return len(shards), sum(shard.frames for shard in shards)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Of a hundred thousand videos none is garbage, and looking for some again and again takes twice as long as all."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _damaged(root: Path, shards: Sequence[Shard], *, checksums: bool) -> dict[int, DataError]:
    """What is wrong with a shard, by its number."""
    with ThreadPoolExecutor(max_workers=2 if checksums else 1) as threads:  # hashing lets the others run
        found = threads.map(lambda shard: _fault(root / shard.file, shard, checksums=checksums), shards)
        return {number: fault for number, fault in enumerate(found) if fault is not None}


def _fault(path: Path, shard: Shard, *, checksums: bool) -> DataError | None:
    try:
        size = path.stat().st_size
        if size != shard.bytes:
            return DataError(f"the shard {path} has {size} bytes instead of {shard.bytes}; copy it again")
        if checksums and file_sha256(path) != shard.sha256:
            return DataError(f"the shard {path} has been changed: its SHA-256 is not the index's; copy it again")
    except FileNotFoundError:
        return DataError(f"the shard {path} is missing; copy it from where the records were made, or convert again")
    except OSError as error:
        return DataError(f"cannot read the shard {path}: {error.strerror or error}; check its permissions")
    return None


def _videos(root: Path, index: RecordIndex, split: SplitIndex, damaged, prefix: str, left_out: LeftOut) -> list[Video]:
    for fault in damaged.values():
        left_out.add(fault)
    frames = _Frames(READERS[index.storage](root, split.shards), split.shards)
    videos, start = [], 0
    for entry in split.videos:
        stop = start + entry["frames"]
        if not damaged or not damaged.keys() & frames.shards_of(start, stop):
            videos.append(_video(root, frames, entry, start, prefix))
        start = stop
    return videos


def _video(root: Path, frames: "_Frames", entry: dict, start: int, prefix: str) -> Video:
    count = entry["frames"]
    try:
        sizes, labelled = long_sizes(entry["size"], count), entry["labelled"]
        masks = None if labelled is False else _VideoMasks(frames, start, long_flags(labelled, count))
        times = Times(entry["times"], count) if "times" in entry else None
        vectors = long_vectors(entry["vectors"], count) if "vectors" in entry else None
        if len(sizes) != count:
            raise DataError(f"{len(sizes)} sizes for {count} frames")
        return Video(prefix + entry["name"], _VideoFrames(frames, start, sizes), masks, times, vectors)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(
            f"the index of records:{root} makes no sense at video {entry['name']} ({error}); it is damaged or was "
            "edited: convert again"
        ) from None


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


class _VideoFrames(Sequence):
    """The frames of one video."""

    __slots__ = ("_frames", "_start", "sizes")

    def __init__(self, frames: _Frames, start: int, sizes: Sequence[tuple[int, int]]):
        self._frames, self._start, self.sizes = frames, start, sizes

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        number = _inside(index, len(self.sizes))
        image = self._frames.image(self._start + number)
        if image.shape[:2] != self.sizes[number]:
            raise DataError(
                f"{self.describe(number)} is {size_text(image.shape)} (height x width), the index says "
                f"{size_text(self.sizes[number])}; they do not belong together: copy both again"
            )
        return image

    def describe(self, index: int) -> str:
        return self._frames.describe(self._start + index)


class _VideoMasks(Sequence):
    """The masks of one video; `present` is known from the index."""

    __slots__ = ("_frames", "_start", "present")

    def __init__(self, frames: _Frames, start: int, present: Sequence[bool]):
        self._frames, self._start, self.present = frames, start, present

    def __len__(self):
        return len(self.present)

    def __getitem__(self, index):
        number = _inside(index, len(self.present))
        return self._frames.label(self._start + number) if self.present[number] else None

    def describe(self, index: int) -> str | None:
        return self._frames.describe(self._start + index) if self.present[index] else None


def _inside(index: int, length: int) -> int:
    number = index + length if index < 0 else index
    if not 0 <= number < length:
        raise IndexError(f"frame {index} of {length}")
    return number

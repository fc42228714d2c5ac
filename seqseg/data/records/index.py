"""The index of records: what `index.json` says, checked, with everything in it that is long kept short.

    {"format": "seqseg records", "version": 1, "storage": "array_record" or "tfrecord",
     "source": "camvid:/data/CamVid", "image": "jpeg", "quality": 95, "size": null or [h, w],
     "classes": [name, …], "palette": [[r, g, b], …], "void": 255, "multi_label": false, "vector_names": [name, …],
     "splits": {"train": {"notes": [sentence, …],
                          "shards": [{"file", "frames", "records", "bytes", "sha256"}, …],
                          "videos": [{"name", "frames", "size", "labelled", "times", "vectors"}, …]}, …}}

A split's frames are numbered through its videos in order, and its shards hold them in that order. Of a video
    size      [h, w], or where its frames differ [[how many, h, w], …]
    labelled  true: every frame, false: none, else [[from, up to], …]
    times     {"per_second": d, "ticks": [n, …]}: n/d seconds, or {"per_second", "start", "step"}; left out: unknown
    vectors   {"length": k, "float32": base64 of little-endian rows}, one a frame or one for all; left out: none
"""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import DataError

INDEX_FILE = "index.json"
FORMAT, VERSION = "seqseg records", 1
STORAGES = ("array_record", "tfrecord")


@dataclass(frozen=True)
class Shard:
    """One file of records. `offsets` says where in a TFRecord the frames stand (see `tfrecord.py`)."""

    file: str
    frames: int
    records: int
    bytes: int
    sha256: str
    offsets: str | None = None


@dataclass(frozen=True)
class SplitIndex:
    """The shards and videos of one split; videos are entries as they stand in the file."""

    notes: tuple[str, ...]
    shards: tuple[Shard, ...]
    videos: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class RecordIndex:
    """All that is known about records without reading one."""

    storage: str
    source: str
    image: str
    quality: int
    size: tuple[int, int] | None
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    void: int
    multi_label: bool
    vector_names: tuple[str, ...]
    splits: dict[str, SplitIndex]

    def to_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        content = {"format": FORMAT, "version": VERSION} | asdict(self)
        for split in content["splits"].values():
            split["shards"] = [{k: v for k, v in shard.items() if v is not None} for shard in split["shards"]]
        return content


def read_index(root: Path) -> RecordIndex:
    """The index of the records in folder `root`.

    Raises:
        DataError: there is none, it is of a newer version, damaged, or contradicts itself.
    """
    path = root / INDEX_FILE
    content = _read_json(path)
    if content.get("format") != FORMAT:
        raise DataError(f"{path} is not an index that `seqseg convert` wrote; give the folder of one that is")
    version = content.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        remedy = "update seqseg, or convert again" if newer else "convert again"
        raise DataError(f"{path} is of version {version!r}, this seqseg reads version {VERSION}; {remedy}")
    try:
        index = _parse(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"makes no sense ({error})"
        raise DataError(f"the index {path} {what}; it is damaged or was edited: convert again") from None
    for name, split in index.splits.items():
        _require_counts(path, name, split)
    return index


def video_entry(name: str, *, sizes: Iterable[tuple[int, int]], labelled: Iterable[bool], times, vectors) -> dict:
    """What the index says about a video."""
    sizes, labelled = list(sizes), list(labelled)
    entry = {"name": name, "frames": len(sizes), "size": short_sizes(sizes), "labelled": short_flags(labelled)}
    if times is not None:
        entry["times"] = short_times(times)
    if vectors is not None:
        entry["vectors"] = short_vectors(vectors)
    return entry


def short_sizes(sizes: Sequence[tuple[int, int]]) -> list:
    """[(4, 5), (4, 5)] -> [4, 5]; sizes that differ -> [[how many, h, w], …]."""
    runs = [[len(list(run)), *map(int, size)] for size, run in groupby(map(tuple, sizes))]
    return runs[0][1:] if len(runs) == 1 else runs


def long_sizes(short: list, frames: int) -> Sequence[tuple[int, int]]:
    """The inverse of `short_sizes`."""
    if not isinstance(short[0], list):
        height, width = short
        return _same((height, width), frames)
    return [(height, width) for count, height, width in short for _ in range(count)]


def short_flags(flags: Sequence[bool]) -> bool | list:
    """[True, True] -> True, [False] -> False, else [[from, up to], …] where they are true."""
    if all(flags) or not any(flags):
        return all(flags)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return edges.reshape(-1, 2).tolist()


def long_flags(short: bool | list, frames: int) -> Sequence[bool]:
    """The inverse of `short_flags`."""
    if isinstance(short, bool):
        return _same(short, frames)
    flags = np.zeros(frames, bool)
    for start, stop in short:
        if not 0 <= start < stop <= frames:
            raise DataError(f"labelled frames {start} up to {stop} of {frames}")
        flags[start:stop] = True
    return flags.tolist()


def short_times(times: Sequence[Fraction]) -> dict[str, Any]:
    """Exact seconds as whole ticks of one clock; ticks that are equally far apart as their first and their step."""
    exact = [Fraction(time) for time in times]
    clock = math.lcm(*(time.denominator for time in exact))
    ticks = [int(time * clock) for time in exact]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 0
    if all(tick == ticks[0] + step * number for number, tick in enumerate(ticks)):
        return {"per_second": clock, "start": ticks[0], "step": step}
    return {"per_second": clock, "ticks": ticks}


class Times(Sequence):
    """Times as `short_times` gives them, as a lazy sequence of Fractions.

    >>> Times({"per_second": 30, "start": 0, "step": 1}, 3)[1:]
    (Fraction(1, 30), Fraction(1, 15))
    """

    __slots__ = ("_clock", "_ticks")

    def __init__(self, short: dict[str, Any], frames: int):
        self._clock = short["per_second"]
        ticks = short["ticks"] if "ticks" in short else None
        start, step = (None, None) if ticks is not None else (short["start"], short["step"])
        if not isinstance(self._clock, int) or self._clock < 1:
            raise DataError(f"a clock of {self._clock!r} ticks a second")
        self._ticks = (
            ticks if ticks is not None else range(start, start + step * frames, step) if step else [start] * frames
        )

    def __len__(self):
        return len(self._ticks)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return tuple(Fraction(tick, self._clock) for tick in self._ticks[index])
        return Fraction(self._ticks[index], self._clock)


def short_vectors(vectors: Sequence[np.ndarray]) -> dict[str, Any]:
    """Vectors float32 (k,) as the base64 of their rows; of one row when they are all the same."""
    rows = np.stack([np.asarray(vector, "<f4") for vector in vectors])
    if all(row.tobytes() == rows[0].tobytes() for row in rows):
        rows = rows[:1]
    return {"length": rows.shape[1], "float32": base64.b64encode(rows.tobytes()).decode("ascii")}


def long_vectors(short: dict[str, Any], frames: int) -> np.ndarray:
    """The inverse of `short_vectors`: float32 (frames, k)."""
    try:
        rows = np.frombuffer(base64.b64decode(short["float32"], validate=True), "<f4").reshape(-1, short["length"])
    except (binascii.Error, ValueError) as error:
        raise DataError(f"vectors that cannot be read ({error})") from None
    if len(rows) not in (1, frames):
        raise DataError(f"{len(rows)} vectors for {frames} frames")
    return np.broadcast_to(rows.astype(np.float32), (frames, short["length"]))


class _Same(Sequence):
    """The same item a number of times."""

    __slots__ = ("_item", "_times")

    def __init__(self, item, times: int):
        self._item, self._times = item, times

    def __len__(self):
        return self._times

    def __getitem__(self, index):
        if not -self._times <= index < self._times:
            raise IndexError(index)
        return self._item


_same = lru_cache(maxsize=256)(_Same)  # a set of images has one for all that are of one size


def _read_json(path: Path) -> dict:
    if not path.is_file():
        there = "is no such folder" if not path.parent.exists() else f"is no {INDEX_FILE} in it"
        raise DataError(f"no records at {path.parent}: there {there}; give the folder that `seqseg convert` wrote")
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"the index {path} is damaged ({error}); copy it again, or convert again") from None
    return content if isinstance(content, dict) else {}


def _parse(content: dict) -> RecordIndex:
    splits = {name: _parse_split(split) for name, split in content["splits"].items()}
    if content["storage"] not in STORAGES:
        raise ValueError(f"storage {content['storage']!r} is none of {', '.join(STORAGES)}")
    palette = np.array(content["palette"], np.uint8).reshape(-1, 3)
    if not content["classes"] or len(palette) != len(content["classes"]):
        raise ValueError(f"{len(content['classes'])} classes with {len(palette)} colours")
    if not splits:
        raise ValueError("no split")
    return RecordIndex(
        storage=content["storage"], source=str(content["source"]), image=str(content["image"]),
        quality=int(content["quality"]), size=content["size"] and tuple(content["size"]),
        classes=tuple(map(str, content["classes"])), palette=tuple(map(tuple, palette.tolist())),
        void=int(content["void"]), multi_label=bool(content["multi_label"]),
        vector_names=tuple(map(str, content["vector_names"])), splits=splits,
    )  # fmt: skip


def _parse_split(split: dict) -> SplitIndex:
    shards = tuple(Shard(**shard) for shard in split["shards"])
    for shard in shards:
        if Path(shard.file).name != shard.file:
            raise ValueError(f"the shard {shard.file!r} lies outside the folder")
        if not all(isinstance(count, int) and count >= 0 for count in (shard.frames, shard.records, shard.bytes)):
            raise ValueError(f"the counts of the shard {shard.file!r}")
    for video in split["videos"]:
        if not isinstance(video["name"], str) or not isinstance(video["frames"], int) or video["frames"] < 1:
            raise ValueError(f"the video {video['name']!r} of {video['frames']!r} frames")
    return SplitIndex(tuple(map(str, split["notes"])), shards, tuple(split["videos"]))


def _require_counts(path: Path, name: str, split: SplitIndex) -> None:
    in_videos, in_shards = (sum(one["frames"] for one in split.videos), sum(one.frames for one in split.shards))
    if in_videos != in_shards:
        raise DataError(
            f"the index {path} contradicts itself: the videos of {name} have {in_videos} frames, its shards hold "
            f"{in_shards}; it is damaged or was edited: convert again"
        )

"""The index of records: `index.json`, checked when it is read.

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

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from seqseg.data.limits import MOST_CLASSES
from seqseg.data.records.compact import VideoEntry
from seqseg.errors import DataError

INDEX_FILE = "index.json"
FORMAT, VERSION = "seqseg records", 1
STORAGES = ("array_record", "tfrecord")


@dataclass(frozen=True)
class Shard:
    """One file of records; `offsets` are the places of the frames in a TFRecord (see `tfrecord.py`)."""

    file: str
    frames: int
    records: int
    bytes: int
    sha256: str
    offsets: str | None = None


@dataclass(frozen=True)
class SplitIndex:
    """The shards and videos of one split, videos as in the file."""

    notes: tuple[str, ...]
    shards: tuple[Shard, ...]
    videos: tuple[VideoEntry, ...]


@dataclass(frozen=True)
class RecordIndex:
    """Everything about records but their bytes."""

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
        """The content of the file."""
        content: dict[str, Any] = {"format": FORMAT, "version": VERSION} | asdict(self)
        for split in content["splits"].values():
            split["shards"] = [{k: v for k, v in shard.items() if v is not None} for shard in split["shards"]]
        return content


def read_index(root: Path) -> RecordIndex:
    """The index of the records in folder `root`.

    Raises:
        DataError: it is missing, of a newer version, damaged, or contradicts itself.
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
    except (KeyError, TypeError, ValueError, AttributeError, DataError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"makes no sense ({error})"
        raise DataError(f"the index {path} {what}; it is damaged or was edited: convert again") from None
    for name, split in index.splits.items():
        _require_counts(path, name, split)
    return index


def _read_json(path: Path) -> dict[str, Any]:
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


def _parse(content: Mapping[str, Any]) -> RecordIndex:
    splits = {str(name): _parse_split(split) for name, split in content["splits"].items()}
    if content["storage"] not in STORAGES:
        raise ValueError(f"storage {content['storage']!r} is none of {', '.join(STORAGES)}")
    classes = tuple(_a(str, name, "a class") for name in _a(list, content["classes"], "classes"))
    palette = tuple(_colour(colour) for colour in _a(list, content["palette"], "the palette"))
    if len(classes) > MOST_CLASSES and not content["multi_label"]:
        raise ValueError(f"{len(classes)} classes, but a mask has values for {MOST_CLASSES}")
    if not classes or len(palette) != len(classes):
        raise ValueError(f"{len(classes)} classes with {len(palette)} colours")
    if not splits:
        raise ValueError("no split")
    size = content["size"] and [_count(side, "a side of the size", 1) for side in _a(list, content["size"], "the size")]
    if size and len(size) != 2:
        raise ValueError(f"the size {size}")
    return RecordIndex(
        storage=content["storage"], source=_a(str, content["source"], "the source"),
        image=_a(str, content["image"], "the coding of images"), size=(size[0], size[1]) if size else None,
        quality=_count(content["quality"], "the quality", 1, 100), classes=classes, palette=palette,
        void=_count(content["void"], "void", 0, 255), multi_label=_a(bool, content["multi_label"], "multi_label"),
        vector_names=tuple(_a(str, one, "a name") for one in _a(list, content["vector_names"], "vector_names")),
        splits=splits,
    )  # fmt: skip


def _parse_split(split: Mapping[str, Any]) -> SplitIndex:
    shards = tuple(Shard(**shard) for shard in _a(list, split["shards"], "the shards"))
    for shard in shards:
        if Path(_a(str, shard.file, "a shard's name")).name != shard.file or "\0" in shard.file:
            raise ValueError(f"the shard {shard.file!r} is outside the folder")
        for count in (shard.frames, shard.records, shard.bytes):
            _count(count, f"a count of the shard {shard.file!r}", 0)
        if shard.frames > shard.bytes:
            raise ValueError(f"the shard {shard.file!r} of {shard.bytes} bytes holds {shard.frames} frames")
    for video in _a(list, split["videos"], "the videos"):
        name = _a(str, video["name"], "a video's name")
        _count(video["frames"], f"the number of frames of {name!r}", 1)
    return SplitIndex(tuple(map(str, _a(list, split["notes"], "the notes"))), shards, tuple(split["videos"]))


Kind = TypeVar("Kind")


def _a(kind: type[Kind], value: object, what: str) -> Kind:
    """The value if it is of the kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{what} is {str(value)[:40]!r}, which is no {kind.__name__}")
    return value


def _count(value: object, what: str, least: int, most: int = 2**63) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{what} is {str(value)[:40]!r}, which is no whole number from {least} to {most}")
    return value


def _colour(value: object) -> tuple[int, int, int]:
    red, green, blue = (_count(one, "a colour", 0, 255) for one in _a(list, value, "a colour"))
    return red, green, blue


def _require_counts(path: Path, name: str, split: SplitIndex) -> None:
    in_videos, in_shards = (sum(one["frames"] for one in split.videos), sum(one.frames for one in split.shards))
    if in_videos != in_shards:
        raise DataError(
            f"the index {path} contradicts itself: the videos of {name} have {in_videos} frames, its shards hold "
            f"{in_shards}; it is damaged or was edited: convert again"
        )

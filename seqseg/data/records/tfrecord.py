"""Shards in TFRecord for exchange: a clip is a record, a `tf.train.SequenceExample`, in a gzip file.

    context    name (bytes: of the video), split (bytes), start (int64: the number in its video of the clip's first
               frame), frames, video_frames, height, width (of the first frame), classes, void, multi_label (int64),
               class_names (bytes, one a class)
    one a      image/encoded (bytes), image/format (bytes: jpeg or png), image/height, image/width (int64),
    frame      labelled (int64: 1 or 0), label/encoded (bytes, empty where there is no label);
               in sets with times, seconds as time/numerator and time/denominator (int64);
               in sets with vectors, vector (float, k of them);
               in sets with several labels a pixel, label/planes (int64: which bytes of a pixel are stored)

A label of class indices is a gray PNG of 8 bits, 255 for void. One of bit planes begins with 12 + 2 u bytes, as
`kinds/records.py` documents, where u is the number of label/planes, then the planes (u, height, width) through zlib.
A clip is a whole video, or a part of one where it would exceed 32 MiB. Any reader of TFRecords reads these files:

    >>> lists = {"image/encoded": tf.io.FixedLenSequenceFeature([], tf.string)}
    >>> for record in tf.data.TFRecordDataset(files, compression_type="GZIP"):
    ...     context, lists = tf.io.parse_single_sequence_example(record, sequence_features=lists)

A gzip file may have several members. Every image and label is a member of its own, uncompressed, and the index holds
the offsets, so that `records:` reads single frames, each with gzip's checksum.
"""

import base64
import mmap
import struct
import zlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np

from seqseg.data.files.image_header import JPEG_START
from seqseg.data.records.crc32c import crc32c
from seqseg.data.records.frame import PLANES, BadRecord, EncodedFrame, stored_planes
from seqseg.data.records.index import Shard
from seqseg.data.records.open_shards import OpenShards
from seqseg.data.records.plan import Clip, Written
from seqseg.data.records.sequence_example import Payload, Value, sequence_example
from seqseg.errors import DataError

SUFFIX = ".tfrecord.gz"
_GZIP = 31  # zlib's name for it
_STORED, _SMALL = 0, 6  # levels: pictures are compressed already
_COLUMNS = 5  # of the offsets: start and length of image and label, and the kind of label


def write_tfrecords(path: Path, clips: Iterable[Clip]) -> Written:
    """Write one shard and return its counts of frames and records, and the places of its frames.

    Raises:
        OSError: the disk is full or cannot be written.
        DataError: a time that 64 bits cannot hold.
    """
    places: list[tuple[int, ...]] = []
    records = 0
    with path.open("wb") as file:
        for clip in clips:
            numbers, frames = [], []
            for number, frame in clip.frames:
                numbers.append(number)
                frames.append(frame)
            if frames:
                places += _write_record(file, clip, numbers, frames)
                records += 1
    offsets = np.array(places, "<u8").reshape(-1, _COLUMNS)
    return Written(len(places), records, base64.b64encode(offsets.tobytes()).decode("ascii"))


class TFRecordShards:
    """The frames of some shards by shard and number, for any thread."""

    def __init__(self, folder: Path, shards: Sequence[Shard]):
        self._paths = [folder / shard.file for shard in shards]
        self._offsets = [_offsets(path, shard) for path, shard in zip(self._paths, shards, strict=True)]
        self._open: OpenShards[mmap.mmap] = OpenShards(lambda number: _mapped(self._paths[number]))

    def image(self, shard: int, number: int) -> np.ndarray:
        """The bytes of a picture, uint8 (n,)."""
        start, length, *_ = map(int, self._offsets[shard][number])
        return self._member(shard, start, length)

    def label(self, shard: int, number: int) -> tuple[np.ndarray | None, int]:
        """The bytes of a label, uint8 (n,) or None, and its kind."""
        *_, start, length, kind = map(int, self._offsets[shard][number])
        return (self._member(shard, start, length) if kind else None), kind

    def describe(self, shard: int, number: int) -> str:
        """The shard and the number of a frame."""
        return f"{self._paths[shard]} (frame {number})"

    def _member(self, shard: int, start: int, length: int) -> np.ndarray:
        try:
            unpacker = zlib.decompressobj(_GZIP)
            data = unpacker.decompress(self._open[shard][start : start + length], length)  # stored, so no larger
        except zlib.error as error:
            raise BadRecord(f"is damaged ({error})") from None
        if not unpacker.eof:
            raise BadRecord("is cut, or unpacks to more than was stored")
        return np.frombuffer(data, np.uint8)


def _write_record(file: BinaryIO, clip: Clip, numbers: list[int], frames: list[EncodedFrame]) -> list[tuple[int, ...]]:
    """Write one record and return the places of its frames."""
    images, labels = [Payload(frame.image) for frame in frames], [Payload(frame.label) for frame in frames]
    pieces = sequence_example(_context(clip, numbers, frames), _lists(clip, numbers, frames, images, labels))
    size = struct.pack("<Q", sum(map(len, pieces)))
    pieces = [size + _masked(size), *pieces, _masked(b"".join(pieces))]
    where: dict[int, tuple[int, int]] = {}
    small: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Payload) and piece:
            _write_member(file, b"".join(small), _SMALL)
            small.clear()
            where[id(piece)] = file.tell(), _write_member(file, piece, _STORED)
        else:
            small.append(piece)
    _write_member(file, b"".join(small), _SMALL)
    return [
        (*where[id(image)], *where.get(id(label), (0, 0)), frame.kind)
        for image, label, frame in zip(images, labels, frames, strict=True)
    ]


def _write_member(file: BinaryIO, data: bytes, level: int) -> int:
    return file.write(zlib.compress(data, level, _GZIP))


def _masked(data: bytes) -> bytes:
    """TFRecord's checksum: CRC-32C, rotated and shifted, as sums of sums would be weak."""
    plain = crc32c(data)
    return struct.pack("<I", ((plain >> 15 | plain << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _context(clip: Clip, numbers: list[int], frames: list[EncodedFrame]) -> dict[str, Value]:
    data, video = clip.data, clip.video
    height, width = frames[0].size
    return {
        "name": [video.name], "split": [data.split], "start": [numbers[0]], "frames": [len(frames)],
        "video_frames": [len(video)], "height": [height], "width": [width], "classes": [len(data.classes)],
        "class_names": list(data.classes), "void": [data.void], "multi_label": [int(data.multi_label)],
    }  # fmt: skip


def _lists(
    clip: Clip, numbers: list[int], frames: list[EncodedFrame], images: list[Payload], labels: list[Payload]
) -> dict[str, Sequence[Value]]:
    video = clip.video
    lists: dict[str, Sequence[Value]] = {
        "image/encoded": [[image] for image in images],
        "image/format": [["jpeg" if image.startswith(JPEG_START) else "png"] for image in images],
        "image/height": [[frame.size[0]] for frame in frames],
        "image/width": [[frame.size[1]] for frame in frames],
        "labelled": [[int(frame.kind != 0)] for frame in frames],
        "label/encoded": [[label] for label in labels],
    }
    if clip.data.multi_label:
        lists["label/planes"] = [
            np.array(stored_planes(frame.label) if frame.kind == PLANES else [], np.int64) for frame in frames
        ]
    if video.times is not None:
        times = [_exact(video.name, video.times[number]) for number in numbers]
        lists["time/numerator"] = [[time.numerator] for time in times]
        lists["time/denominator"] = [[time.denominator] for time in times]
    if video.vectors is not None:
        lists["vector"] = [np.asarray(video.vectors[number], np.float32) for number in numbers]
    return lists


def _exact(name: str, time: Fraction) -> Fraction:
    if not (-(2**63) <= time.numerator < 2**63 and time.denominator < 2**63):
        raise DataError(f"video {name} has the time {time}, which 64 bits cannot hold; use --format array_record")
    return time


def _offsets(path: Path, shard: Shard) -> np.ndarray:
    try:
        offsets = np.frombuffer(base64.b64decode(shard.offsets or "", validate=True), "<u8").reshape(-1, _COLUMNS)
    except ValueError as error:
        raise DataError(f"the index has no offsets for {path} ({error}); convert again") from None
    if len(offsets) != shard.frames:
        raise DataError(
            f"the shard {path} holds {len(offsets)} frames, the index says {shard.frames}; it is damaged or was "
            "edited: convert again"
        )
    return offsets


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the shard {path} ({error}); copy it again, or convert again") from None

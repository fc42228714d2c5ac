"""Shards in ArrayRecord: one record a frame, with random access from several threads.

Written with `group_size:1,uncompressed`: pictures and labels are compressed already, and single records are read faster
(26 us against 38 us with zstd). The format hashes each record, so that a changed byte is noticed.
"""

import errno
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.records.frame import BadRecord, split_record
from seqseg.data.records.index import Shard
from seqseg.data.records.open_shards import OpenShards
from seqseg.data.records.plan import Clip, Written
from seqseg.errors import DataError

SUFFIX = ".array_record"
_WRITE = "group_size:1,uncompressed"
_READ = "readahead_buffer_size:0,max_parallelism:0"  # for random access; the caller brings the threads


def write_array_records(path: Path, clips: Iterable[Clip]) -> Written:
    """Write one shard and return its counts of frames and records.

    Raises:
        OSError: the disk is full or cannot be written.
        DataError: the package array_record is missing.
    """
    module, count = _array_record(), 0
    try:
        writer = module.ArrayRecordWriter(str(path), _WRITE)
        try:
            for clip in clips:
                for _, frame in clip.frames:
                    writer.write(frame.to_record())
                    count += 1
        finally:
            if writer.is_open():
                writer.close()
    except RuntimeError as error:
        raise _as_os_error(error, path) from error
    return Written(count, count)


class _LastFrame(threading.local):
    """The frame that this thread read last, by shard and number."""

    place: tuple[int, int] | None = None
    frame: tuple[np.ndarray, np.ndarray | None, int]


class ArrayRecordShards:
    """The frames of some shards by shard and number, for any thread."""

    def __init__(self, folder: Path, shards: Sequence[Shard]):
        self._paths, self._counts = [folder / shard.file for shard in shards], [shard.records for shard in shards]
        self._module = _array_record()
        self._open: OpenShards[Any] = OpenShards(self._opened)
        self._last = _LastFrame()  # one thread reads a frame, then its mask

    def image(self, shard: int, number: int) -> np.ndarray:
        """The bytes of a picture, uint8 (n,)."""
        return self._frame(shard, number)[0]

    def label(self, shard: int, number: int) -> tuple[np.ndarray | None, int]:
        """The bytes of a label, uint8 (n,) or None, and its kind."""
        _, label, kind = self._frame(shard, number)
        return label, kind

    def describe(self, shard: int, number: int) -> str:
        """The shard and the record of a frame."""
        return f"{self._paths[shard]} (record {number})"

    def _frame(self, shard: int, number: int) -> tuple[np.ndarray, np.ndarray | None, int]:
        if self._last.place != (shard, number):
            self._last.frame = split_record(self._read(shard, number))
            self._last.place = shard, number
        return self._last.frame

    def _read(self, shard: int, number: int) -> bytes:
        try:
            record: bytes = self._open[shard].read([number])[0]
            return record
        except RuntimeError as error:
            raise BadRecord(f"is damaged ({_first_part(error)})") from None

    def _opened(self, shard: int) -> Any:
        path, expected = self._paths[shard], self._counts[shard]
        try:
            reader = self._module.ArrayRecordReader(str(path), _READ)
        except RuntimeError as error:
            raise DataError(
                f"the shard {path} is damaged or no ArrayRecord ({_first_part(error)}); copy it again, or convert again"
            ) from None
        if reader.num_records() != expected:
            raise DataError(
                f"the shard {path} holds {reader.num_records()} records, the index says {expected}; "
                "copy both again, or convert again"
            )
        return reader


def _array_record() -> Any:
    try:
        import array_record.python.array_record_module as module
    except ImportError as error:
        raise DataError(
            "ArrayRecord needs the package array_record, which comes with grain but not on Windows: "
            f"pip install array_record, or use --format tfrecord ({error})"
        ) from None
    return module


def _as_os_error(error: RuntimeError, path: Path) -> OSError:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT):
        if _OS_WORDS[number] in str(error):
            return OSError(number, _OS_WORDS[number], str(path))
    return OSError(errno.EIO, str(error), str(path))


_OS_WORDS = {
    errno.ENOSPC: "No space left on device",
    errno.EDQUOT: "quota exceeded",
    errno.EFBIG: "File too large",
    errno.EACCES: "Permission denied",
    errno.EROFS: "Read-only file system",
    errno.EIO: "Input/output error",
    errno.ENOENT: "No such file or directory",
}


def _first_part(error: RuntimeError) -> str:
    return str(error).partition(";")[0]

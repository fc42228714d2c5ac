"""Check that shards are unchanged: their sizes, and on request their checksums."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seqseg.data.records.index import Shard, read_index
from seqseg.errors import DataError
from seqseg.files import sha256_of


def verify_records(path: str | Path) -> tuple[int, int]:
    """Compare the checksum of every shard of the records at `path`; returns the numbers of shards and frames.

    Raises:
        DataError: no records, or shards that are missing or changed, all of them named.

    Example:
        >>> verify_records("packed")
        (4, 367)
    """
    root = Path(path).expanduser()
    index = read_index(root)
    shards = [shard for split in index.splits.values() for shard in split.shards]
    damaged = damaged_shards(root, shards, checksums=True)
    if damaged:
        raise DataError("; ".join(map(str, damaged.values())))
    return len(shards), sum(shard.frames for shard in shards)


def damaged_shards(root: Path, shards: Sequence[Shard], *, checksums: bool) -> dict[int, DataError]:
    """The faults of missing and changed shards, by number; with `checksums` every byte is read."""
    with ThreadPoolExecutor(max_workers=2 if checksums else 1) as threads:  # hashing releases the GIL
        found = threads.map(lambda shard: _fault(root / shard.file, shard, checksums=checksums), shards)
        return {number: fault for number, fault in enumerate(found) if fault is not None}


def _fault(path: Path, shard: Shard, *, checksums: bool) -> DataError | None:
    try:
        size = path.stat().st_size
        if size != shard.bytes:
            return DataError(f"the shard {path} has {size} bytes instead of {shard.bytes}; copy it again")
        if checksums and sha256_of(path) != shard.sha256:
            return DataError(f"the shard {path} has been changed: its SHA-256 is not the index's; copy it again")
    except FileNotFoundError:
        return DataError(f"the shard {path} is missing; copy it from where the records were made, or convert again")
    except OSError as error:
        return DataError(f"cannot read the shard {path}: {error.strerror or error}; check its permissions")
    return None

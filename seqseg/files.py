"""Atomic file writes: a file appears under its name complete, or not at all."""

import contextlib
import glob
import hashlib
import itertools
import json
import os
import platform
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# What numpy raises for a damaged .npz or .npy file; the last two for one that is compressed oddly, or encrypted.
DAMAGED_ARRAYS = (
    OSError, ValueError, EOFError, TypeError, KeyError, SyntaxError, MemoryError, zipfile.BadZipFile, zlib.error,
    NotImplementedError, RuntimeError,
)  # fmt: skip
STALE = 3600.0  # seconds after which a part cannot be one that is being written
_HOST = f"{zlib.crc32(platform.node().encode()):08x}"
_numbers = itertools.count()  # numbers the parts of this process, so that threads do not share one


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing bytes; it takes the place of `path` at the end, and is removed on an error.

    Example:
        >>> with replacing("metrics.csv") as file:
        ...     file.write(b"epoch,loss\n")
    """
    with replacing_path(path) as part, part.open("wb") as file:
        yield file


@contextlib.contextmanager
def replacing_path(path: str | Path) -> Iterator[Path]:
    """Like `replacing`, for libraries that write to a path: gives one beside `path`, with the same suffix.

    Example:
        >>> with replacing_path("best.keras") as part:
        ...     model.save(part)
    """
    path = Path(path)
    _remove_stale_parts(path)
    part = path.with_name(f".{path.stem}.{_HOST}-{os.getpid()}-{next(_numbers)}.part{path.suffix}")
    try:
        yield part
        _sync(part, os.O_RDWR)
        os.replace(part, path)
        if os.name == "posix":  # elsewhere folders cannot be synchronized
            _sync(path.parent, os.O_RDONLY)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """As `replacing`, for a folder: gives an empty one beside `path` that takes its place, whatever that holds.

    Example:
        >>> with replacing_folder("out/monday") as part:
        ...     write_json(part / "facts.json", {})
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale_folders(path)
    own = f"{_HOST}-{os.getpid()}-{next(_numbers)}"
    part, old = path.with_name(f".{path.name}.{own}.part"), path.with_name(f".{path.name}.{own}.old.part")
    part.mkdir()
    try:
        yield part
        if path.exists():
            os.replace(path, old)  # a folder does not take the place of one that holds files
        os.replace(part, path)
        if os.name == "posix":
            _sync(path.parent, os.O_RDONLY)
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)


def remove_stale_folders(path: Path) -> None:
    """Removes what killed writers of this folder have left."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*-*-*.part"):
        if _is_dead(part.with_name(part.name.replace(".old.part", ".part"))) or _age(part) > STALE:
            shutil.rmtree(part, ignore_errors=True)


def _age(folder: Path) -> float:
    """Seconds since anything in the folder changed."""
    with contextlib.suppress(OSError):  # its writer has finished meanwhile
        return time.time() - max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
    return 0.0


def _remove_stale_parts(path: Path) -> None:
    """Removes the parts of killed writers of this file."""
    for part in path.parent.glob(f".{glob.escape(path.stem)}.*-*-*.part{glob.escape(path.suffix)}"):
        with contextlib.suppress(OSError):  # another run has removed it already
            if _is_dead(part) or time.time() - part.stat().st_mtime > STALE:
                part.unlink()


def _is_dead(part: Path) -> bool:
    """Whether the part was written by a process of this machine that has ended."""
    host, process, _ = part.name.removesuffix(part.suffix).removesuffix(".part").rpartition(".")[2].split("-")
    if os.name != "posix" or host != _HOST or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def write_text(path: str | Path, text: str) -> None:
    """Write text in UTF-8 to a file that takes the place of `path`; the folder is made.

    Characters that UTF-8 cannot hold, as in file names of other encodings, are written as escapes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode("utf-8", errors="backslashreplace"))


def write_json(path: str | Path, content: object) -> None:
    """Write `content` as indented JSON; see `write_text`."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def _sync(path: Path, mode: int) -> None:
    """Wait until the disk holds the file, or the folder's list of names."""
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

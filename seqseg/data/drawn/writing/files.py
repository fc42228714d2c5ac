"""Shared by the writers of all formats: pictures, names, and atomic file writes."""

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import numpy as np

from seqseg.data.files.png import encode_png
from seqseg.errors import DataError
from seqseg.files import replacing


class WrittenFolder:
    """A folder that is written; made with the first file. Leaving the block finishes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken: set[str] = set()

    def picture(self, name: str, image: np.ndarray) -> str:
        """Writes `name`.png and returns its name; a second frame of that name gets a number."""
        self.write(file := f"{name}.png", encode_png(image))
        return file

    def free_name(self, name: str) -> str:
        """The name, or with a number behind it where a frame before had it."""
        plain, number = str(PurePosixPath(name.replace("\\", "/").lstrip("/"))), 1
        free = plain
        while free in self._taken:
            number += 1
            free = f"{plain}-{number}"
        self._taken.add(free)
        return free

    def write(self, name: str, content: bytes) -> None:
        """Writes a file of the folder, whole or not at all."""
        write_whole(self.path / name, content)

    def close(self) -> None:
        """Finishes the files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all. DataError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}; give another folder") from error


def as_json(entries: Any) -> bytes:
    """Plain data as a json file."""
    return json.dumps(entries, ensure_ascii=False, indent=1).encode()


def rounded(points: np.ndarray) -> list[list[float]]:
    """Points (k, 2) as plain numbers."""
    return [[round(float(x), 2), round(float(y), 2)] for x, y in points]


def pairs(points: np.ndarray) -> Iterable[str]:
    """Points (k, 2) as "x,y"."""
    return (f"{x:g},{y:g}" for x, y in points)

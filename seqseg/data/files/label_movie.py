"""A movie of labels: lossless gray, such as FFV1 in mkv, one picture for every frame."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from seqseg.data.files.whole_file import require_file
from streams.sources import MovieFrames

MOVIE_SUFFIXES = (
    ".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv", ".ts", ".mts", ".ogv", ".gif",
)  # fmt: skip


def open_movie(path: Path, pixels: str) -> MovieFrames:
    """The frames of a movie, "rgb" or "gray"; cached, because opening decodes the movie once to find its frames."""
    require_file(path)
    return _open_movie(path, pixels, path.stat().st_mtime)


def values_of_movie(path: Path) -> frozenset[int]:
    """All values in a movie of labels."""
    return _values_of_movie(path, path.stat().st_mtime)


@lru_cache(maxsize=64)
def _values_of_movie(path: Path, _changed: float) -> frozenset[int]:
    return frozenset(int(value) for mask in open_movie(path, "gray") for value in np.unique(mask))


@lru_cache(maxsize=64)
def _open_movie(path: Path, pixels: str, _changed: float) -> MovieFrames:
    return MovieFrames(path, pixels=pixels)

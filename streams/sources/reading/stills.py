"""Image files and their pages."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import imageio.v3 as iio
import numpy as np

from streams.errors import SourceError
from streams.sources.reading.deep_pages import DeepPages, deep_colours, rare_pages

SUFFIXES = ".png .jpg .jpeg .bmp .tif .tiff .webp .avif .apng .jp2 .pgm .ppm".split()
STACKS = (".tif", ".tiff")
ANIMATED = (".png", ".apng", ".webp", ".avif")
DEEP_MODES = ("I;16", "I;16B", "I;16L", "I", "F")  # Pillow's names of more than 8 bits a pixel

# cv2 and tifffile print lines about damaged files; the error here takes one.
logging.getLogger("tifffile").addHandler(logging.NullHandler())
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

# Pillow's warning about large pictures would be printed; what is too large for it is an error of its own.
warnings.filterwarnings("ignore", message="Image size .* exceeds limit", category=RuntimeWarning)


def is_image(path: Path) -> bool:
    """Whether the name is that of a still image (a GIF is a movie)."""
    return path.suffix.lower() in SUFFIXES


class StillReader:
    """Reads pages and keeps the last file open: otherwise a stack is searched again for every page."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file: Any = None  # Pillow's as imageio opens it, or DeepPages

    def pages(self, path: Path) -> int:
        """How many pictures the file holds. Only stacks and animated pictures are opened for that."""
        if path.suffix.lower() not in STACKS and not _is_animated(path):
            return 1
        with self._opened(path) as file:
            return len(file) if isinstance(file, DeepPages) else max(1, file.properties(index=...).n_images or 1)

    def read(self, path: Path, page: int) -> np.ndarray:
        """RGB (h, w, 3) uint8; of a picture deeper than 8 bits the raw values (h, w) or (h, w, 3)."""
        with self._opened(path) as file:
            if isinstance(file, DeepPages):
                return file[page]
            if file.metadata(index=page)["mode"] in DEEP_MODES:
                return np.asarray(file.read(index=page))
            return np.ascontiguousarray(file.read(index=page, mode="RGB", rotate=True))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._path = None

    @contextmanager
    def _opened(self, path: Path) -> Iterator[Any]:
        """The open file; any error in it becomes a SourceError that names the path."""
        if path != self._path:
            self.close()
            if not path.is_file():
                raise SourceError(f"{path} is a folder" if path.is_dir() else f"{path} does not exist; check the name")
            if not path.stat().st_size:
                raise SourceError(f"{path} is empty (0 bytes); replace it or leave it out")
        try:
            if self._file is None:
                self._file, self._path = _open(path), path
            yield self._file
        except SourceError:
            raise
        except Exception as error:  # Pillow's decoders raise OSError, ValueError, SyntaxError, struct.error and more
            raise SourceError(f"{path} {_reason(error)}; replace it or leave it out") from error


def _open(path: Path) -> Any:
    pages = rare_pages(path) if path.suffix.lower() in STACKS else deep_colours(path)
    return iio.imopen(path, "r", plugin="pillow") if pages is None else pages


def _is_animated(path: Path) -> bool:
    """Whether the file's first bytes announce several pictures: animated PNG, WebP or AVIF."""
    if path.suffix.lower() not in ANIMATED:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(32)
            if head.startswith(b"\x89PNG"):
                return _has_animation_chunk(file)
    except OSError:  # reading it will say why
        return False
    return (head[8:16] == b"WEBPVP8X" and bool(head[20] & 2)) or head[4:12] == b"ftypavis"


def _has_animation_chunk(file: BinaryIO) -> bool:
    """Whether an animation chunk comes before the pixels of a PNG."""
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        if head[4:] == b"acTL":
            return True
        file.seek(int.from_bytes(head[:4]) + 4, os.SEEK_CUR)
    return False


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:  # imageio wraps what Pillow says
        error = error.__cause__
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "exceeds limit" in text:
        return f"is too large ({text})"
    return f"is not an image or is damaged ({text})"

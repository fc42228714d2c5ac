"""Image files and their pages."""

import logging
import math
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import imageio.v3 as iio
import numpy as np

from streams.errors import SourceError

SUFFIXES = ".png .jpg .jpeg .bmp .tif .tiff .webp .avif .apng .jp2 .pgm .ppm".split()
STACKS = (".tif", ".tiff")
ANIMATED = (".png", ".apng", ".webp", ".avif")
PILLOWS_OWN = ("int16", "int32", "uint16", "float32")
MOST_PIXELS = 178_956_970  # from here on Pillow refuses a picture
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
        self._file: Any = None  # Pillow's as imageio opens it, or all pages (n, h, w) or (n, h, w, 3)

    def pages(self, path: Path) -> int:
        """How many pictures the file holds. Only stacks and animated pictures are opened for that."""
        if path.suffix.lower() not in STACKS and not _is_animated(path):
            return 1
        with self._opened(path) as file:
            return len(file) if isinstance(file, np.ndarray) else max(1, file.properties(index=...).n_images or 1)

    def read(self, path: Path, page: int) -> np.ndarray:
        """RGB (h, w, 3) uint8; of a picture deeper than 8 bits the raw values (h, w) or (h, w, 3)."""
        with self._opened(path) as file:
            if isinstance(file, np.ndarray):
                return np.asarray(file[page])
            if file.metadata(index=page)["mode"] in DEEP_MODES:
                return np.asarray(file.read(index=page))
            return np.ascontiguousarray(file.read(index=page, mode="RGB", rotate=True))

    def close(self) -> None:
        if self._file is not None and not isinstance(self._file, np.ndarray):
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
    pages = _rare_pages(path) if path.suffix.lower() in STACKS else _deep_colours(path)
    return iio.imopen(path, "r", plugin="pillow") if pages is None else pages


def _deep_colours(path: Path) -> np.ndarray | None:
    """The picture (1, h, w, 3) of a PNG or PPM of 16-bit colours, of which Pillow gives the upper 8 bits alone."""
    with path.open("rb") as file:
        head = file.read(64)
    png = head.startswith(b"\x89PNG") and head[24:26] in (b"\x10\x02", b"\x10\x06")
    ppm = re.match(rb"P[36]\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,5})\s", head)
    if not png and not (ppm and int(ppm[3]) > 255):
        return None
    sides = (int(ppm[1]), int(ppm[2])) if ppm else (int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    _refuse_large(path, *sides)
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    return None if pixels is None else pixels[None]


def _rare_pages(path: Path) -> np.ndarray | None:
    """All pages of a TIFF of values that Pillow cannot read or misreads, such as float64, uint32 or float colours."""
    try:
        file = iio.imopen(path, "r", plugin="tifffile")
    except Exception:  # Pillow opens what tifffile cannot, or raises
        return None
    with file:
        facts = file.properties(index=0)
        shape, colours = facts.shape, len(facts.shape) > 2 and facts.shape[-1] in (3, 4)
        _refuse_large(path, *shape[-3 if colours else -2 :][:2])
        if facts.dtype.name in ("bool", "uint8") or (facts.dtype.name in PILLOWS_OWN and not colours):
            return None
        if facts.dtype.name == "uint16":  # cv2 knows the compressions that tifffile knows with another package only
            there, found = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)
            return np.stack([page[..., 2::-1] for page in found]) if there else None
        pages: np.ndarray = file.read(index=0).reshape(-1, *shape[-3 if colours else -2 :])
        return pages[..., :3] if colours else pages


def _refuse_large(path: Path, *sides: int) -> None:
    """SourceError for more pixels than Pillow takes, which also holds for what other libraries decode."""
    pixels = math.prod(map(int, sides))
    if pixels > MOST_PIXELS:
        raise SourceError(f"{path} is too large ({pixels} pixels, at most {MOST_PIXELS}); replace it or leave it out")


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

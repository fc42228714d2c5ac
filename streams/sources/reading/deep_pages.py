"""Values that Pillow cannot read or misreads, one page at a time: float64, uint32, deep and float colours."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from streams.errors import SourceError

if TYPE_CHECKING:
    from tifffile import TiffFile

MOST_PIXELS = 178_956_970  # from here on Pillow refuses a picture
MOST_BYTES = 2**31  # of one decoded page
PILLOWS_OWN = ("int16", "int32", "uint16", "float32")


class DeepPages:
    """`len` pages (h, w) or (h, w, 3) of one file; each is decoded when it is asked for."""

    def __init__(self, length: int, read: Callable[[int], np.ndarray], close: Callable[[], object]) -> None:
        self._length, self._read, self.close = length, read, close

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, page: int) -> np.ndarray:
        return self._read(page)


def deep_colours(path: Path) -> DeepPages | None:
    """The picture of a PNG or PPM of 16-bit colours, of which Pillow gives the upper 8 bits alone."""
    with path.open("rb") as file:
        head = file.read(64)
    png = head.startswith(b"\x89PNG") and head[24:26] in (b"\x10\x02", b"\x10\x06")
    ppm = re.match(rb"P[36]\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,5})\s", head)
    if not png and not (ppm and int(ppm[3]) > 255):
        return None
    sides = (int(ppm[1]), int(ppm[2])) if ppm else (int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    refuse_large(path, *sides)
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    return None if pixels is None else DeepPages(1, lambda _: np.asarray(pixels), lambda: None)


def rare_pages(path: Path) -> DeepPages | None:
    """The pages of a TIFF of values that Pillow cannot read or misreads."""
    from tifffile import TiffFile  # slow to import, and few streams need it

    try:
        file = TiffFile(path)
    except Exception:  # Pillow opens what tifffile cannot, or raises
        return None
    try:
        pages = _pages_of(path, file)
    except BaseException:
        file.close()
        raise
    if pages is None:
        file.close()
    return pages


def _pages_of(path: Path, file: "TiffFile") -> DeepPages | None:
    series = file.series[0]
    first = file.pages[0]
    shape, dtype = first.shape, np.dtype(first.dtype)
    planes = len(shape) > 2 and shape[-1] not in (3, 4) and shape[0] in (3, 4)
    colours = planes or (len(shape) > 2 and shape[-1] in (3, 4))
    sides = shape[-2:] if planes or not colours else shape[-3:-1]
    refuse_large(path, *sides, size=dtype.itemsize * math.prod(shape) // max(1, math.prod(sides)))
    if dtype.name in ("bool", "uint8") or (dtype.name in PILLOWS_OWN and not colours):
        return None
    if dtype.name == "uint16":  # cv2 knows the compressions that tifffile knows with another package only
        return DeepPages(len(series), lambda page: _by_cv2(path, page), file.close)

    def read(page: int) -> np.ndarray:
        found = np.asarray(file.asarray(key=page, series=0))
        found = np.moveaxis(found, 0, -1) if planes else found
        return np.ascontiguousarray(found[..., :3]) if colours else found.reshape(sides)

    return DeepPages(len(series), read, file.close)


def _by_cv2(path: Path, page: int) -> np.ndarray:
    there, found = cv2.imreadmulti(str(path), start=page, count=1, flags=cv2.IMREAD_UNCHANGED)
    if not there or not found:
        raise SourceError(f"{path}: page {page} cannot be read; replace the file or leave it out")
    return np.ascontiguousarray(found[0][..., 2::-1])


def refuse_large(path: Path, *sides: int, size: int = 1) -> None:
    """SourceError for more pixels than Pillow takes, or more bytes of `size` a pixel than a page may have."""
    pixels = math.prod(map(int, sides))
    if pixels > MOST_PIXELS:
        raise SourceError(f"{path} is too large ({pixels} pixels, at most {MOST_PIXELS}); replace it or leave it out")
    if pixels * size > MOST_BYTES:
        raise SourceError(
            f"{path} is too large ({pixels * size} bytes a page); save it with fewer bits or leave it out"
        )

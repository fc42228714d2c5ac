"""The pages of a TIFF: stacks of ImageJ, microscopes and tifffile."""

import logging
import mmap
import os
import struct
import threading
import weakref
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from seqseg.data.files.image_header import refuse_bomb
from seqseg.data.files.whole_file import require_file
from seqseg.data.limits import largest_image
from seqseg.data.sequences import LazySequence
from seqseg.errors import DataError


def count_pages(path: str | Path) -> int:
    """How many pages a TIFF has.

    Raises:
        DataError: it is missing, cut or no TIFF.
    """
    return len(TiffPages(path))


class TiffPages(LazySequence[np.ndarray]):
    """A TIFF as a lazy sequence of pages as they are stored: (h, w) of any type, or (h, w, 3) colours.

    Contiguous pages, as in ImageJ's stacks, are memory-mapped; others are read by tifffile, or where it lacks the
    compression (LZW, JPEG) by cv2. Opening reads the directory only.

    Raises:
        DataError: a file that is missing, cut or no TIFF, or with channels beside its frames.
    """

    path: Path

    def __init__(self, path: str | Path):
        self.path = Path(path)
        require_file(self.path)
        self._lock = threading.Lock()  # tifffile seeks in one open file
        try:
            with open(self.path, "rb") as file:
                refuse_bomb(self.path, file.read(1 << 16))
            self._open()
        except DataError:
            raise
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror or error}; check the path") from None
        except Exception as error:  # tifffile raises struct.error, ValueError, IndexError and more
            raise self._damaged(error) from None

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> np.ndarray:
        index = range(self._length)[index]
        if self._mapped is not None:
            return np.array(self._mapped[index])
        try:
            if self._by_cv2:
                return self._with_cv2(index)
            with self._lock:
                return np.ascontiguousarray(self._file.pages[index].asarray())
        except DataError:
            raise
        except Exception as error:
            raise self._damaged(error, index) from None

    def _open(self) -> None:
        from tifffile import TiffFile  # slow to import, and few sets need it

        logging.getLogger("tifffile").addHandler(logging.NullHandler())  # it logs what is raised here
        self._require_all_pages()
        self._mapped = None
        self._file = TiffFile(self.path)
        weakref.finalize(self, self._file.close)
        series = self._file.series[0]
        colours = 1 if series.axes.endswith("S") else 0
        leading = series.shape[: len(series.shape) - 2 - colours]
        beside = set(series.axes[: len(leading)]) - {"C"}  # tifffile calls the pages of any ImageJ stack channels
        channels = "S" in beside or ("C" in series.axes[: len(leading)] and beside)
        if channels or (colours and series.shape[-1] not in (3, 4)):
            raise DataError(
                f"{self.path} has channels ({series.axes} {series.shape}), not only frames; save one of them, or as RGB"
            )
        height, width = series.shape[len(leading) : len(leading) + 2]
        if height * width > largest_image():
            raise DataError(
                f"{self.path} says that its pages are {height}x{width} (height x width), more than the "
                f"{largest_image():,} pixels an image may have; cut it into tiles, or set SEQSEG_MAX_PIXELS"
            )
        self._length = int(np.prod(leading, dtype=int))
        contiguous = series.dataoffset is not None
        if contiguous and series.dataoffset + series.nbytes > os.path.getsize(self.path):
            raise DataError(
                f"{self.path} is truncated: its {self._length} pages take more bytes than it has; copy it again"
            )
        if contiguous:
            shape = (self._length, *series.shape[len(leading) :])
            order = self._file.byteorder + series.dtype.char
            self._mapped = np.memmap(self.path, order, "r", series.dataoffset, shape)
        elif self._length != len(self._file.pages):
            raise DataError(f"{self.path} has {len(self._file.pages)} pages but says {self._length}; save it again")
        self._by_cv2 = not contiguous and not _tifffile_can(self._file.pages[0])
        if contiguous or self._by_cv2:
            self._file.close()

    def _require_all_pages(self) -> None:
        """Follow the chain of directories: tifffile and cv2 drop the last pages of a cut file silently."""
        with open(self.path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            order, big = "<" if data[:2] == b"II" else ">", data[2:4] in (b"+\0", b"\0+")
            number, entry = ("Q", 20) if big else ("I", 12)
            (place,) = struct.unpack_from(order + number, data, 8 if big else 4)
            seen: set[int] = set()
            while place:
                if place in seen or place + 8 > len(data):
                    raise DataError(f"{self.path} is truncated behind its page {len(seen)}; copy it again")
                seen.add(place)
                (entries,) = struct.unpack_from(order + ("Q" if big else "H"), data, place)
                (place,) = struct.unpack_from(order + number, data, place + (8 if big else 2) + entry * entries)

    def _with_cv2(self, index: int) -> np.ndarray:
        there, pages = cv2.imreadmulti(str(self.path), start=index, count=1, flags=cv2.IMREAD_UNCHANGED)
        if not there or not pages:
            raise DataError(f"cannot read page {index} of {self.path}: damaged, or of an unknown compression")
        return pages[0] if pages[0].ndim == 2 else np.ascontiguousarray(pages[0][..., 2::-1])

    def _damaged(self, error: Exception, page: int | None = None) -> DataError:
        what = f"page {page} of " if page is not None else ""
        text = (str(error).splitlines() or [type(error).__name__])[0][:120]
        return DataError(f"cannot read {what}{self.path}: {text}; write it again or remove it")


def _tifffile_can(page: Any) -> bool:
    """Whether tifffile decodes the page without the package imagecodecs."""
    try:
        page.decode  # noqa: B018  (looking it up asks for the codec)
        page.asarray()
    except (ValueError, KeyError, ImportError):
        return False
    return True

"""Image and label files: RGB uint8 images, and label values as written, never their palette colours."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.image_header import refuse_bomb
from seqseg.data.files.listing import Files
from seqseg.data.files.whole_file import read_whole
from seqseg.data.labels.meaning import LabelError, Meaning, ThresholdLabels
from seqseg.data.labels.values import LABEL_SUFFIXES, LOSSY_SUFFIXES, read_label_values
from seqseg.data.pixels import pixels_of
from seqseg.data.sequences import FrameSequence, WrittenMasks
from seqseg.errors import DataError
from streams.errors import SourceError
from streams.sources.reading.deep import stretch, value_range
from streams.sources.reading.stills import StillReader

__all__ = ["IMAGE_SUFFIXES", "LABEL_SUFFIXES", "LOSSY_SUFFIXES", "ImageFiles", "LabelFiles", "read_image",
           "read_label_values", "stretch", "value_range"]  # fmt: skip

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".jp2", ".pgm", ".ppm")

if "OPENCV_LOG_LEVEL" not in os.environ:  # cv2 prints lines about damaged files; our errors take one
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_SAMPLED = 16  # images read to find the range of deep ones


def read_image(path: str | Path) -> np.ndarray:
    """An image file -> uint8 RGB (h, w, 3).

    Gray is repeated in three channels, alpha is dropped, EXIF orientation is applied. An image deeper than 8 bits is
    stretched from its own range (`ImageFiles` takes the range of all), as `streams.sources.reading.deep` does it.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    pixels = _read_pixels(path)
    return pixels if pixels.dtype == np.uint8 else stretch(pixels, value_range([pixels]))


class ImageFiles(FrameSequence):
    """Image files as a lazy sequence of RGB frames (h, w, 3).

    Images deeper than 8 bits are all stretched from the range of up to 16 of them, by the code of `streams`.
    """

    def __init__(self, paths: Sequence[Path] | Files):
        self.paths: Sequence[Path] | Files = paths if isinstance(paths, Files) else tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        pixels = _read_pixels(self.describe(index))
        if pixels.dtype == np.uint8:
            return pixels
        if self._deep_range is None:
            first = self.describe(0)
            raise DataError(f"{self.describe(index)} is deeper ({pixels.dtype}) than {first} (8 bits); use one depth")
        return stretch(pixels, self._deep_range)

    def describe(self, index: int) -> Path:
        """The file of frame `index`."""
        path = self.paths[index]
        if path is None:
            raise DataError(f"frame {index} has no file; leave it out")
        return path

    @cached_property
    def _deep_range(self) -> tuple[float, float] | None:
        """The range of all; None if the first image has 8 bits."""
        if _read_pixels(self.describe(0)).dtype == np.uint8:
            return None
        chosen = np.linspace(0, len(self.paths) - 1, min(_SAMPLED, len(self.paths))).astype(int)
        return value_range([_read_pixels(self.describe(int(index))) for index in chosen])


class LabelFiles(WrittenMasks):
    """Label files as a lazy sequence of masks uint8 (h, w); None in `paths` is a frame without a label.

    `meaning` turns the values of `read_label_values` into class indices with 255 for void, or raises a LabelError.
    """

    def __init__(self, paths: Sequence[Path | None] | Files, meaning: Meaning):
        self.paths: Sequence[Path | None] | Files = paths if isinstance(paths, Files) else tuple(paths)
        self.meaning = meaning

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray | None:
        path = self.paths[index]
        if path is None:
            return None
        try:
            return self.meaning(self._read(path))
        except LabelError as error:
            raise DataError(f"the mask {path} {error}") from None

    def written(self, index: int) -> np.ndarray:
        """The values of mask `index` as they were written."""
        path = self.paths[index]
        if path is None:
            raise DataError(f"frame {index} has no mask")
        return self._read(path)

    def _read(self, path: Path) -> np.ndarray:
        return read_label_values(path, lossy=isinstance(self.meaning, ThresholdLabels))

    @property
    def present(self) -> Sequence[bool]:
        return self.paths.present if isinstance(self.paths, Files) else [path is not None for path in self.paths]

    def describe(self, index: int) -> Path | None:
        """The file of mask `index`, or None."""
        return self.paths[index]


def _read_pixels(path: str | Path) -> np.ndarray:
    """uint8 RGB (h, w, 3), or the values (h, w) or (h, w, 3) of an image deeper than 8 bits."""
    encoded = read_whole(path)
    refuse_bomb(path, encoded)
    data = np.frombuffer(encoded, np.uint8)
    pixels = pixels_of(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if pixels is not None and pixels.dtype == np.uint8:
        return pixels
    stored = pixels_of(data, cv2.IMREAD_UNCHANGED)
    if stored is None:
        return _read_as_streams(path)
    if stored.ndim == 2:
        return stored
    # cv2 5 gives wrong colours of deep TIFFs unless they are read as they are stored, without EXIF orientation.
    if pixels is None or encoded[:2] in (b"II", b"MM"):
        return np.ascontiguousarray(stored[..., 2::-1])
    return pixels


def _read_as_streams(path: str | Path) -> np.ndarray:
    """The image by the reader of streams, for rare formats such as float16."""
    reader = StillReader()
    try:
        return reader.read(Path(path), 0)
    except SourceError:
        raise DataError(
            f"cannot read the image {path}: damaged, or of no known format; write it again or remove it"
        ) from None
    finally:
        reader.close()

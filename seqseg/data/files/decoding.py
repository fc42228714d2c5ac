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
from seqseg.data.sequences import FrameSequence, WrittenMasks
from seqseg.errors import DataError

__all__ = ["IMAGE_SUFFIXES", "LABEL_SUFFIXES", "LOSSY_SUFFIXES", "ImageFiles", "LabelFiles", "read_image",
           "read_label_values", "stretch", "value_range"]  # fmt: skip

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".jp2", ".pgm", ".ppm")

if "OPENCV_LOG_LEVEL" not in os.environ:  # cv2 prints lines about damaged files; our errors take one
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_SAMPLED = 16  # images read to find the range of deep ones


def read_image(path: str | Path) -> np.ndarray:
    """An image file -> uint8 RGB (h, w, 3).

    Gray is repeated in three channels, alpha is dropped, EXIF orientation is applied. A gray image deeper than 8 bits
    is stretched from its own range (`ImageFiles` takes the range of all); deep colours keep the upper 8 bits.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    pixels = _read_pixels(path)
    return pixels if pixels.dtype == np.uint8 else stretch(pixels, value_range([pixels]))


def value_range(images: Sequence[np.ndarray]) -> tuple[float, float]:
    """The darkest and the brightest value but for 0.1 % each, the range from which streams stretch deep pictures."""
    values = np.concatenate([image.ravel() for image in images])
    if np.issubdtype(values.dtype, np.floating):
        values = values[np.isfinite(values)]
    low, high = np.percentile(values, (0.1, 99.9)) if values.size else (0, 1)
    return float(low), float(max(high, low + 1))


def stretch(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Gray values (h, w) of any depth -> uint8 RGB (h, w, 3), `limits` becoming 0 and 255; NaN is black."""
    low, high = limits
    gray = np.clip(np.nan_to_num(values - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


class ImageFiles(FrameSequence):
    """Image files as a lazy sequence of RGB frames (h, w, 3).

    Gray images deeper than 8 bits are all stretched from the range found in up to 16 of them, as in `streams`.
    """

    def __init__(self, paths: Sequence[Path] | Files):
        self.paths: Sequence[Path] | Files = paths if isinstance(paths, Files) else tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        pixels = _read_pixels(self.describe(index))
        return pixels if pixels.dtype == np.uint8 else stretch(pixels, self._deep_range)

    def describe(self, index: int) -> Path:
        """The file of frame `index`."""
        path = self.paths[index]
        if path is None:
            raise DataError(f"frame {index} has no file; leave it out")
        return path

    @cached_property
    def _deep_range(self) -> tuple[float, float]:
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
    """uint8 RGB (h, w, 3), or the values (h, w) of a gray image deeper than 8 bits."""
    encoded = read_whole(path)
    refuse_bomb(path, encoded)
    data = np.frombuffer(encoded, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if pixels is None:
        raise DataError(f"cannot read the image {path}: damaged, or of no known format; write it again or remove it")
    if pixels.dtype == np.uint8:
        return pixels
    deep = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if deep is not None and deep.ndim == 2:
        return deep
    colours = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    return pixels if colours is None else colours

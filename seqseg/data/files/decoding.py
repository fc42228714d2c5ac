"""Read image and label files: RGB uint8 images, label indices as they were written, never their colours."""

import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.image_header import refuse_bomb
from seqseg.data.files.whole_file import read_whole
from seqseg.data.labels.meaning import LabelError
from seqseg.data.labels.values import LABEL_SUFFIXES, read_label_values
from seqseg.errors import DataError

__all__ = ["IMAGE_SUFFIXES", "LABEL_SUFFIXES", "ImageFiles", "LabelFiles", "natural_key", "read_image",
           "read_label_values", "stretch", "value_range"]  # fmt: skip

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")

if "OPENCV_LOG_LEVEL" not in os.environ:  # cv2 prints lines about damaged files that our errors say in one
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_DIGITS = re.compile(r"(\d+)")
_SAMPLED = 16  # images looked at to find the range of deep ones


def read_image(path: str | Path) -> np.ndarray:
    """An image file -> uint8 RGB (h, w, 3).

    Gray is repeated in three channels, alpha is dropped, the orientation that a camera noted is applied. A gray image
    deeper than 8 bits is stretched from its own range (in `ImageFiles`, from that of all); deep colours keep the upper
    8 bits.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    pixels = _read_pixels(path)
    return pixels if pixels.dtype == np.uint8 else stretch(pixels, value_range([pixels]))


def value_range(images: Sequence[np.ndarray]) -> tuple[float, float]:
    """The darkest and the brightest value but for 0.1 % each, the range that streams stretch deep pictures from."""
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


def natural_key(path: Path | str) -> list:
    """Sorts frame2 before frame10, by names; a str is a name."""
    parts: list = _DIGITS.split((path if isinstance(path, str) else path.name).lower())
    parts[1::2] = [(int(part), part) for part in parts[1::2]]  # words and numbers take turns, so like meets like
    return parts


class ImageFiles(Sequence):
    """Image files as a lazy sequence of RGB frames (h, w, 3).

    Gray images deeper than 8 bits are stretched alike, by the range found in up to 16 of them, as `streams` does it.
    """

    def __init__(self, paths: Sequence[Path]):
        self.paths = paths if hasattr(paths, "present") else tuple(paths)  # lazy ones, as of listing.py, stay so

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        pixels = _read_pixels(self.paths[index])
        return pixels if pixels.dtype == np.uint8 else stretch(pixels, self._deep_range)

    def describe(self, index: int) -> Path:
        """The file of frame `index`."""
        return self.paths[index]

    @cached_property
    def _deep_range(self) -> tuple[float, float]:
        chosen = np.linspace(0, len(self.paths) - 1, min(_SAMPLED, len(self.paths))).astype(int)
        return value_range([_read_pixels(self.paths[index]) for index in chosen])


class LabelFiles(Sequence):
    """Label files as a lazy sequence of masks uint8 (h, w); None in `paths` is a frame without a label.

    `meaning` turns what `read_label_values` gives into class indices with 255 for void, or says in a LabelError what
    does not fit.
    """

    def __init__(self, paths: Sequence[Path | None], meaning):
        self.paths = paths if hasattr(paths, "present") else tuple(paths)
        self.meaning = meaning

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        path = self.paths[index]
        if path is None:
            return None
        try:
            return self.meaning(read_label_values(path))
        except LabelError as error:
            raise DataError(f"the mask {path} {error}") from None

    def written(self, index: int) -> np.ndarray:
        """The values of mask `index` as they were written."""
        return read_label_values(self.paths[index])

    @property
    def present(self) -> tuple[bool, ...]:
        """Which frames have a label, told without reading any."""
        present = getattr(self.paths, "present", None)
        return tuple(path is not None for path in self.paths) if present is None else present

    def describe(self, index: int) -> Path | None:
        """The file of mask `index`, or None."""
        return self.paths[index]


def _read_pixels(path: str | Path) -> np.ndarray:
    """RGB (h, w, 3) uint8, or the values (h, w) of a gray image deeper than 8 bits."""
    encoded = read_whole(path)
    refuse_bomb(path, encoded)
    data = np.frombuffer(encoded, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if pixels is None:
        raise DataError(f"cannot read the image {path}: damaged, or of no known format; write it again or remove it")
    if pixels.dtype == np.uint8:
        return pixels
    deep = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return deep if deep.ndim == 2 else cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)

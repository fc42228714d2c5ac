"""Read image and label files: RGB uint8 images, label indices as they were written, never their colours."""

import re
import zlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.label_meaning import LabelError
from seqseg.errors import DataError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".pgm")

_SAMPLED = 16  # images looked at to find the range of deep ones
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_PNG_BITS, _PNG_COLOUR_TYPE, _PNG_HEADER_END = 24, 25, 33  # where they stand in the file
_PNG_GRAY, _PNG_PALETTE = 0, 3
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def read_image(path: str | Path) -> np.ndarray:
    """An image file -> uint8 RGB (h, w, 3).

    Gray is repeated in three channels, alpha is dropped, the orientation that a camera noted is applied. A gray image
    deeper than 8 bits is stretched from its own range (in `ImageFiles`, from that of all); deep colours keep the upper
    8 bits.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    pixels = _read_pixels(path)
    return pixels if pixels.dtype == np.uint8 else _stretch(pixels, value_range([pixels]))


def value_range(images: Sequence[np.ndarray]) -> tuple[float, float]:
    """The darkest and the brightest value but for 0.1 % each, the range that streams stretch deep pictures from."""
    low, high = np.percentile(np.concatenate([image.ravel() for image in images]), (0.1, 99.9))
    return float(low), float(max(high, low + 1))


def read_label_values(path: str | Path) -> np.ndarray:
    """A label file -> its values as written: (h, w) of uint8 or wider, or uint8 (h, w, 3) when it holds true colours.

    A palette PNG gives its indices, a bilevel one 0 and 1; three equal channels are one.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    data = _read_whole(path)
    data, stretch = _palette_as_gray(data) if data.startswith(_PNG_START) else (data, 1)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise DataError(f"cannot read the mask {path}: damaged, or of no known format; write it again or remove it")
    if values.ndim == 2:
        return values if stretch == 1 else values // np.uint8(stretch)
    colours = np.ascontiguousarray(values[..., 2::-1])  # cv2 gives blue first, and alpha last
    return np.ascontiguousarray(colours[..., 0]) if (colours[..., :1] == colours).all() else colours


def natural_key(path: Path) -> list:
    """Sorts frame2 before frame10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), part) if index % 2 else (0, part) for index, part in enumerate(parts)]


class ImageFiles(Sequence):
    """Image files as a lazy sequence of RGB frames (h, w, 3).

    Gray images deeper than 8 bits are stretched alike, by the range found in up to 16 of them, as `streams` does it.
    """

    def __init__(self, paths: Sequence[Path]):
        self.paths = tuple(paths)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        pixels = _read_pixels(self.paths[index])
        return pixels if pixels.dtype == np.uint8 else _stretch(pixels, self._deep_range)

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
        self.paths = tuple(paths)
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

    @property
    def present(self) -> tuple[bool, ...]:
        """Which frames have a label, told without reading any."""
        return tuple(path is not None for path in self.paths)

    def describe(self, index: int) -> Path | None:
        """The file of mask `index`, or None."""
        return self.paths[index]


def _read_pixels(path: str | Path) -> np.ndarray:
    """RGB (h, w, 3) uint8, or the values (h, w) of a gray image deeper than 8 bits."""
    data = np.frombuffer(_read_whole(path), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_ANYDEPTH)
    if pixels is None:
        raise DataError(f"cannot read the image {path}: damaged, or of no known format; write it again or remove it")
    if pixels.dtype == np.uint8:
        return pixels
    deep = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return deep if deep.ndim == 2 else cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)


def _stretch(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Gray values (h, w) of any depth -> uint8 RGB (h, w, 3), `limits` becoming 0 and 255."""
    low, high = limits
    gray = np.clip((values - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def _read_whole(path: str | Path) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; check the path and its permissions") from error
    if not data:
        raise DataError(f"{path} is empty (0 bytes); write it again or remove it")
    # cv2 fills what is missing with gray or prints to stderr, so ends are checked before it sees them.
    cut_png = data.startswith(_PNG_START) and _PNG_END not in data[-4096:]
    cut_jpeg = data.startswith(_JPEG_START) and data.rfind(_JPEG_END) < len(data) // 2
    if cut_png or cut_jpeg:
        kind = "PNG" if cut_png else "JPEG"
        raise DataError(f"{path} is truncated: a {kind} of {len(data)} bytes without its end mark; copy it again")
    return data


def _palette_as_gray(data: bytes) -> tuple[bytes, int]:
    """A PNG whose palette indices read as gray values, and what the decoder multiplies values of few bits by.

    cv2 gives colours for a PNG with a palette. Its indices are what a gray PNG of as many bits stores, so the header is
    made to say gray and the palette is left out.
    """
    if len(data) < _PNG_HEADER_END or data[_PNG_COLOUR_TYPE] not in (_PNG_GRAY, _PNG_PALETTE):
        return data, 1
    stretch = {1: 255, 2: 85, 4: 17}.get(data[_PNG_BITS], 1)
    if data[_PNG_COLOUR_TYPE] == _PNG_GRAY:
        return data, stretch
    header = bytearray(data[:_PNG_HEADER_END])
    header[_PNG_COLOUR_TYPE] = _PNG_GRAY
    header[-4:] = zlib.crc32(header[12:-4]).to_bytes(4, "big")
    kept, place = [bytes(header)], _PNG_HEADER_END
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")  # length, type, content, checksum
        if data[place + 4 : place + 8] not in (b"PLTE", b"tRNS"):
            kept.append(data[place:end])
        place = end
    return b"".join(kept), stretch

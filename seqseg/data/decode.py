"""Read image and label files: RGB uint8 images, label indices as they were written, never their colours."""

import io
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from seqseg.data.video import VOID
from seqseg.errors import DataError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".gif", ".pgm")

_SAMPLED = 16  # images looked at to find the range of deep ones
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_NARROW_GRAY = {b"\x02\x00": np.uint8(85), b"\x04\x00": np.uint8(17)}  # PNG gray of 2 and 4 bits, and its stretch
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def read_image(path: str | Path, *, deep_range: tuple[float, float] | None = None) -> np.ndarray:
    """An image file -> uint8 RGB (h, w, 3).

    Gray is repeated in three channels, alpha is dropped, the orientation that a camera noted is applied. Gray images
    deeper than 8 bits are stretched from `deep_range` (darkest, brightest), by default their own; deep colours keep
    their upper 8 bits.

    Raises:
        DataError: the file is missing, truncated or no image.
    """
    pixels = _read_pixels(path)
    if pixels.dtype == np.uint8:
        return pixels
    low, high = deep_range or value_range([pixels])
    stretched = np.clip((pixels - low) * (255 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(stretched[..., None], 3, axis=2)


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
    if _is_plain_png(data):
        values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if values is None:
            raise DataError(f"cannot read the mask {path}: the PNG is damaged; write it again or remove it")
        return values
    values = _decode_with_pillow(data, path)
    if values.ndim == 3 and (values[..., :1] == values).all():
        values = np.ascontiguousarray(values[..., 0])
    return values


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
        return read_image(self.paths[index], deep_range=self._deep_range)

    def describe(self, index: int) -> Path:
        """The file of frame `index`."""
        return self.paths[index]

    @cached_property
    def _deep_range(self) -> tuple[float, float] | None:
        if _read_pixels(self.paths[0]).dtype == np.uint8:
            return None
        chosen = np.linspace(0, len(self.paths) - 1, min(_SAMPLED, len(self.paths))).astype(int)
        return value_range([_read_pixels(self.paths[index]) for index in chosen])


class LabelFiles(Sequence):
    """Label files as a lazy sequence of masks uint8 (h, w); None in `paths` is a frame without a label.

    `meaning` turns what `read_label_values` gives into class indices with 255 for void; it says in its ValueError what
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


class LabelError(ValueError):
    """Labels that mean no class; the message is the end of a sentence that begins with the file."""


_NOTHING = 254  # marks values without a meaning: there are at most 254 classes


class IndexLabels:
    """What the values of label files mean: `values[i]` is class i, those in `void` become 255, any other is an error.

    Without `values` they are the indices 0…classes-1 themselves.
    """

    def __init__(self, classes: int, *, void: Sequence[int] = (255,), values: Sequence[int] | None = None):
        self.values = tuple(range(classes)) if values is None else tuple(values)
        self.void = tuple(void)
        table = np.full(256, _NOTHING, np.uint8)
        table[list(self.void)] = VOID
        table[list(self.values)] = np.arange(classes)
        self._table = table

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim != 2:
            raise LabelError("holds colours, not class indices; give each class its colour in classes.txt (name r g b)")
        if values.dtype != np.uint8:
            values = _narrow(values, self)
        labels = cv2.LUT(values, self._table)
        if (labels == _NOTHING).any():
            raise LabelError(_outside(np.unique(values[labels == _NOTHING]), self))
        return labels


class ColourLabels:
    """What the colours of label files mean: `palette[i]` is class i, those in `void` become 255; indices stay indices.

    Black and white are void where no class has them.
    """

    def __init__(self, palette: np.ndarray, *, void: Sequence[Sequence[int]] = ()):
        self.palette = np.asarray(palette, np.uint8)
        self._index_labels = IndexLabels(len(self.palette))
        keys = {int(_colour_keys(colour)): VOID for colour in ((0, 0, 0), (255, 255, 255), *void)}
        keys |= {int(_colour_keys(colour)): index for index, colour in enumerate(self.palette)}
        self._keys = np.array(sorted(keys))
        self._labels = np.array([keys[key] for key in self._keys], np.uint8)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 2:
            return self._index_labels(values)
        keys = _colour_keys(values[..., :3])
        positions = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        unknown = self._keys[positions] != keys
        if unknown.any():
            red, green, blue = values[unknown][0][:3]
            raise LabelError(f"has the colour {red} {green} {blue} of no class; add it to classes.txt (name r g b)")
        return self._labels[positions]


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


def _is_plain_png(data: bytes) -> bool:
    """8-bit gray PNG without palette: bit depth and colour type are bytes 24 and 25 of the file."""
    return data.startswith(_PNG_START) and data[24:26] == b"\x08\x00"


def _decode_with_pillow(data: bytes, path: str | Path) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.mode in ("RGBA", "CMYK", "YCbCr", "PA"):
                image = image.convert("RGB")
            elif image.mode == "LA":
                image = image.convert("L")
            values = np.array(image)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises SyntaxError on broken PNG chunks
        raise DataError(f"cannot read the mask {path}: {error}; write it again or remove it") from error
    if data.startswith(_PNG_START) and data[24:26] in _NARROW_GRAY:  # Pillow stretches these to 0–255
        return values // _NARROW_GRAY[data[24:26]]
    return values.astype(np.uint8) if values.dtype == bool else values


def _narrow(values: np.ndarray, meaning: IndexLabels) -> np.ndarray:
    outside = (values < 0) | (values > 255)
    if outside.any():
        raise LabelError(_outside(np.unique(values[outside]), meaning))
    return values.astype(np.uint8)


def _outside(found: np.ndarray, meaning: IndexLabels) -> str:
    classes = len(meaning.values)
    known = f"0–{classes - 1}" if meaning.values == tuple(range(classes)) else ", ".join(map(str, meaning.values))
    void = ", ".join(map(str, meaning.void)) or "none"
    shown = ", ".join(map(str, found[:5])) + (", …" if len(found) > 5 else "")
    return f"has label {shown} outside the {classes} classes {known} (void: {void}); mend it or name more classes"


def _colour_keys(colours: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(np.asarray(colours).astype(np.int64), -1, 0)
    return (red << 16) | (green << 8) | blue

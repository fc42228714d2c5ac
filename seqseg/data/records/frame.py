"""A frame and its label as compressed bytes, and back; `kinds/records.py` documents the layout.

Labels are stored without loss. Class indices become a gray PNG of 8 bits. Of bit planes, which have many bytes a pixel,
the used ones are stored one after the other through zlib: as small as COCO's RLE of the same masks and twice as fast to
read (COCO, 80 classes: 2.7 kB and 2.7 ms against 2.5 kB and 5.0 ms a frame).
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.image_header import JPEG_START, PNG_START, image_size
from seqseg.data.files.png import encode_png
from seqseg.data.limits import largest_image, most_bytes_of_picture
from seqseg.data.pixels import pixels_of
from seqseg.data.video import Video, size_text

IMAGE_CODINGS = ("jpeg", "png", "keep")
NO_LABEL, INDICES, PLANES = 0, 1, 2  # kinds of label

# Without a filter CamVid's labels are a third smaller than by default and read three times as fast.
_PNG_OF_LABELS = [cv2.IMWRITE_PNG_COMPRESSION, 6, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV 4.11 and later
    _PNG_OF_LABELS += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
# Records hold upright pictures, so an EXIF orientation that a kept JPEG still has is ignored.
_AS_STORED = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
_RECORD = struct.Struct("<4sB3xII")  # magic, kind of label, bytes of the image, bytes of the label
_MAGIC = b"SSF1"
_PLANES = struct.Struct("<IIHH")  # height, width, bytes a pixel, how many of these are stored


class BadRecord(ValueError):
    """Bytes that are no frame or label; the message ends a sentence that begins with the record."""


@dataclass(frozen=True)
class EncodedFrame:
    """A frame as it is stored: JPEG or PNG, and its label's bytes with their kind."""

    image: bytes
    label: bytes
    kind: int
    size: tuple[int, int]

    def to_record(self) -> bytes:
        """One record of ArrayRecord."""
        return _RECORD.pack(_MAGIC, self.kind, len(self.image), len(self.label)) + self.image + self.label


def split_record(record: bytes) -> tuple[np.ndarray, np.ndarray | None, int]:
    """A record of ArrayRecord -> (bytes of the image, bytes of the label or None, its kind), without copies.

    Raises:
        BadRecord: it is no such record.
    """
    if len(record) < _RECORD.size:
        raise BadRecord(f"is no frame: it has {len(record)} bytes")
    magic, kind, image, label = _RECORD.unpack_from(record)
    if magic != _MAGIC or _RECORD.size + image + label != len(record) or kind not in (NO_LABEL, INDICES, PLANES):
        raise BadRecord(f"is no frame of seqseg: it begins with {record[:4]!r} and has {len(record)} bytes")
    picture = np.frombuffer(record, np.uint8, image, _RECORD.size)
    return picture, np.frombuffer(record, np.uint8, label, _RECORD.size + image) if kind else None, kind


def encode_image(frame: np.ndarray, coding: str, quality: int, original: Path | None = None) -> bytes:
    """RGB uint8 (h, w, 3) -> JPEG or PNG. `keep` copies the bytes of `original` if they decode to this frame.

    If they do not (another format, deeper than 8 bits, an EXIF orientation), it makes a PNG.
    """
    kept = _same_picture(original, frame) if coding == "keep" and original else None
    if kept:
        return kept
    if coding == "jpeg":
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return encode_png(frame)


def decode_image(data: np.ndarray) -> np.ndarray:
    """Bytes uint8 (n,) of a JPEG or PNG -> RGB uint8 (h, w, 3).

    Raises:
        BadRecord: they are neither, or have more pixels than an image may have.
    """
    _refuse_bomb(data)
    frame = pixels_of(data, _AS_STORED)
    if frame is None:
        raise BadRecord("has a picture that cannot be decoded")
    return frame


def encode_label(mask: np.ndarray | None) -> tuple[bytes, int]:
    """Class indices (h, w) or bit planes (h, w, 2 k), or None for a frame without a label -> (bytes, kind)."""
    if mask is None:
        return b"", NO_LABEL
    if mask.ndim == 2:
        return cv2.imencode(".png", mask, _PNG_OF_LABELS)[1].tobytes(), INDICES
    used = np.flatnonzero(mask.reshape(-1, mask.shape[-1]).any(axis=0))
    planes = np.ascontiguousarray(np.moveaxis(mask[..., used], -1, 0))
    header = _PLANES.pack(*mask.shape, len(used)) + used.astype("<u2").tobytes()
    return header + zlib.compress(planes.data, 9), PLANES


def decode_label(data: np.ndarray, kind: int) -> np.ndarray:
    """What `encode_label` gave, as uint8 (n,) -> class indices (h, w) or bit planes (h, w, 2 k).

    Raises:
        BadRecord: it is no label of this kind.
    """
    if kind == PLANES:
        return _planes(data)
    _refuse_bomb(data)
    mask = pixels_of(data, cv2.IMREAD_UNCHANGED)
    if mask is None or mask.ndim != 2 or mask.dtype != np.uint8:
        raise BadRecord("has a label that cannot be decoded")
    return mask


def stored_planes(label: bytes) -> list[int]:
    """Which bytes of a pixel a label of bit planes holds."""
    *_, count = _PLANES.unpack_from(label)
    return [int(place) for place in np.frombuffer(label, "<u2", count, _PLANES.size)]


def _planes(data: np.ndarray) -> np.ndarray:
    try:
        height, width, depth, count = _PLANES.unpack_from(data.data)
        used = np.frombuffer(data, "<u2", count, _PLANES.size)
        if height * width > largest_image() or height * width * depth > most_bytes_of_picture() or count > depth:
            raise ValueError(f"{height}x{width} of {depth} bytes a pixel, more than a label may have")
        unpacker = zlib.decompressobj()
        flat = unpacker.decompress(data[_PLANES.size + 2 * count :].data, height * width * count + 1)
    except (struct.error, ValueError, zlib.error) as error:
        raise BadRecord(f"has bit planes that cannot be decoded ({error})") from None
    if len(flat) != height * width * count or (count and used.max() >= depth):
        raise BadRecord(f"has bit planes that are not {height}x{width} of {depth} bytes a pixel, as it says")
    mask = np.zeros((height, width, depth), np.uint8)
    for plane, place in zip(np.frombuffer(flat, np.uint8).reshape(count, height, width), used, strict=True):
        mask[..., place] = plane
    return mask


def _refuse_bomb(data: np.ndarray) -> None:
    size = image_size(data[: 1 << 16].tobytes())
    if size and size[0] * size[1] > largest_image():
        raise BadRecord(f"has a picture that says that it is {size_text(size)}, more pixels than an image may have")


def _same_picture(path: Path, frame: np.ndarray) -> bytes | None:
    """The bytes of the file if they are a JPEG or PNG that decodes to this frame."""
    data = path.read_bytes()
    if not data.startswith((JPEG_START, PNG_START)):
        return None
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), _AS_STORED)
    return data if decoded is not None and np.array_equal(decoded, frame) else None


def original_file(video: Video, index: int) -> Path | None:
    """The file of frame `index` if it has one of its own."""
    path = Path(video.describe(index))
    return path if path.is_file() else None

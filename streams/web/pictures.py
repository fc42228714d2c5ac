"""Pictures on the wire: a frame as JPEG with its mask beside it, and JPEGs that a browser's camera sends.

A picture message is the length of its header (4 bytes, big-endian), the header (JSON), the JPEG, and the mask: one byte
a pixel, row after row, compressed with zlib. Frame and mask belong together: what is drawn was segmented.
"""

import json
import struct
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.objects.sighting import Found

WIDEST = 1280  # pixels of the longer side that a page is sent
QUALITY = 80
MOST_PIXELS = 4_000_000  # of a picture from a browser: larger ones are not decoded

_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length


class Picture:
    """A frame and its mask for the page; encoded when first needed, once for all viewers.

    `facts` goes into the header as it is; `areas` are the shares of the classes, (classes,).
    """

    def __init__(
        self, stream: int, sequence: int, frame: Frame, mask: np.ndarray, *, classes: int, facts: dict[str, object]
    ) -> None:
        self.stream, self.sequence, self.frame, self.mask = stream, sequence, frame, mask
        self.areas = class_shares(mask, classes)
        self._facts = facts
        self._lock = threading.Lock()
        self._message: bytes | None = None

    @property
    def message(self) -> bytes:
        """The message's bytes; making them takes a few milliseconds."""
        with self._lock:
            if self._message is None:
                self._message = self._encode()
            return self._message

    def png(self, draw: Callable[[np.ndarray, np.ndarray, Found | None], np.ndarray]) -> bytes:
        """`draw(image, mask, found)` of this picture in its full size, as a PNG file."""
        return png_of(draw(self.frame.image, self.mask, self.frame.found))

    def _encode(self) -> bytes:
        image, mask = fitted(self.frame.image, self.mask, WIDEST)
        quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)[1].tobytes()
        packed = zlib.compress(np.ascontiguousarray(mask, np.uint8).tobytes(), 1)
        header = {
            "type": "picture",
            "stream": self.stream,
            "sequence": self.sequence,
            "pts": float(self.frame.pts),
            "index": self.frame.index,
            "epoch": self.frame.epoch,
            "gap": self.frame.gap,
            "width": image.shape[1],
            "height": image.shape[0],
            "jpeg": len(jpeg),
            "mask": len(packed),
            "areas": [round(float(share), 5) for share in self.areas],
            **_objects(self.frame.found, scale=image.shape[1] / self.mask.shape[1]),
            "age_ms": round(1000 * (time.perf_counter() - self.frame.captured), 2),
        }
        text = json.dumps(header | self._facts).encode()
        return b"".join([struct.pack(">I", len(text)), text, jpeg, packed])


def read_message(message: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """A picture message -> (header, JPEG, mask bytes), as a program that is no browser reads it.

    >>> read_message(struct.pack(">I", 23) + b'{"jpeg": 2, "mask": 1}' + b" " + b"ab" + b"c")[1:]
    (b'ab', b'c')
    """
    length = struct.unpack(">I", message[:4])[0]
    header = json.loads(message[4 : 4 + length])
    middle = 4 + length + header["jpeg"]
    return header, message[4 + length : middle], message[middle : middle + header["mask"]]


def _objects(found: Found | None, scale: float) -> dict[str, object]:
    """How many objects of each class there are and were, and where they are in the picture that is sent."""
    if found is None:
        return {}
    placed = [[one.id, one.value, *(round(scale * part, 1) for part in one.region.box)] for one in found.sightings]
    counts = {str(value): [found.counts.get(value, 0), total] for value, total in sorted(found.totals.items())}
    return {"objects": placed, "counts": counts}


def class_shares(mask: np.ndarray, classes: int) -> np.ndarray:
    """The share of the picture that each class covers: mask (h, w) -> (classes,)."""
    return np.bincount(mask.ravel(), minlength=classes)[:classes] / mask.size


def fitted(image: np.ndarray, mask: np.ndarray, widest: int) -> tuple[np.ndarray, np.ndarray]:
    """Image (h, w, 3) and mask (h, w), both shrunk alike until the longer side is at most `widest`."""
    height, width = mask.shape
    scale = widest / max(height, width)
    if scale >= 1:
        return image, mask
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return (
        cv2.resize(image, size, interpolation=cv2.INTER_AREA),
        cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST_EXACT),
    )


def png_of(image: np.ndarray) -> bytes:
    """An RGB picture (h, w, 3) or a mask (h, w) as a PNG file."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    return cv2.imencode(".png", pixels)[1].tobytes()


def decode_jpeg(data: bytes, *, most_pixels: int = MOST_PIXELS) -> np.ndarray:
    """An untrusted JPEG -> RGB (h, w, 3) uint8. Its header is checked before a pixel is decoded.

    Raises:
        SourceError: no JPEG, a damaged one, or one of more pixels than allowed.
    """
    height, width = jpeg_size(data)
    if height * width > most_pixels or not height * width:
        raise SourceError(f"a picture of {width}x{height} is not taken; send at most {most_pixels:,} pixels")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # sides beyond its own limits
        image = None
    if image is None or image.shape[:2] != (height, width):
        raise SourceError(f"a picture of {len(data)} bytes is a damaged JPEG")
    return image


def jpeg_size(data: bytes) -> tuple[int, int]:
    """(height, width) that a JPEG's header states; SourceError where there is none."""
    place = 2
    if data[:2] != b"\xff\xd8":
        raise SourceError("a picture that is no JPEG is not taken")
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # filling
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return height, width
        else:
            place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    raise SourceError("a JPEG that does not say its size is not taken")

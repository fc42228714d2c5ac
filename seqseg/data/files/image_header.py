"""The size of an image from its header, before anything is decoded."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from seqseg.data.limits import largest_image
from seqseg.data.video import size_text
from seqseg.errors import DataError

PNG_START, JPEG_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)\s")
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those are tables
_START_OF_SCAN = 0xDA
_IMAGE_WIDTH, _IMAGE_LENGTH = 256, 257
_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def refuse_bomb(path: str | Path, data: bytes) -> None:
    """DataError when the header of the image in `data` announces more than `largest_image()` pixels."""
    size = image_size(data)
    if size and size[0] * size[1] > largest_image():
        raise DataError(
            f"{path} says that it is {size_text(size)} (height x width), more than the {largest_image():,} pixels an "
            "image may have; cut it into tiles, or set SEQSEG_MAX_PIXELS if it is meant"
        )


def image_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of a PNG, JPEG, TIFF, BMP, WebP or PNM, or None if its header does not say.

    >>> image_size(b"P5 61 45 255 ")
    (45, 61)
    """
    for start, read in _READERS:
        if data.startswith(start):
            try:
                return read(data)
            except (struct.error, IndexError, OverflowError):  # a cut or wrong header; the decoder reports it
                return None
    return None


def lossy_kind(data: bytes) -> str | None:
    """JPEG or WebP if the file is of such compression with loss, else None."""
    if data.startswith(JPEG_START):
        return "JPEG"
    place = 12
    while data[:4] == b"RIFF" and data[8:12] == b"WEBP" and place + 8 <= len(data):
        kind = data[place : place + 4]
        if kind in (b"VP8 ", b"VP8L"):
            return "WebP" if kind == b"VP8 " else None
        place += 8 + int.from_bytes(data[place + 4 : place + 8], "little") + data[place + 4] % 2
    return None


def jpeg_is_cut(data: bytes) -> bool:
    """Whether a JPEG lacks its end mark; that of a thumbnail in its header does not count."""
    scan = next((place for marker, place in _jpeg_segments(data) if marker == _START_OF_SCAN), None)
    return scan is None or data.rfind(b"\xff\xd9", scan) < 0


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return height, width


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    for marker, place in _jpeg_segments(data):
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return height, width
    return None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(marker, offset) of each segment up to the first scan."""
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            place += 1  # padding
            continue
        marker = data[place + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            place += 1 if marker == 0xFF else 2  # fill bytes, and markers without a length
            continue
        yield marker, place
        if marker == _START_OF_SCAN:
            return
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")


def _bmp_size(data: bytes) -> tuple[int, int]:
    if struct.unpack_from("<I", data, 14)[0] == 12:  # OS/2's header
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return abs(height), abs(width)  # a negative height means rows from the top down


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    found = {tag: value for tag, value, _ in tiff_tags(data)}
    if _IMAGE_WIDTH in found and _IMAGE_LENGTH in found:
        return found[_IMAGE_LENGTH], found[_IMAGE_WIDTH]
    return None


def tiff_tags(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(tag, value, offset of the value) of the first page's tags that hold one whole number."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    place, step, inline = (
        struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0],
        *((20, 12) if big else (12, 8)),
    )
    count = struct.unpack_from(order + ("Q" if big else "H"), data, place)[0]
    place += 8 if big else 2
    for entry in range(place, place + step * min(count, 4096), step):
        tag, kind, length = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, entry)
        if length == 1 and kind in _TIFF_TYPES:
            yield tag, struct.unpack_from(order + _TIFF_TYPES[kind], data, entry + inline)[0], entry + inline


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16] if len(data) >= 30 else b""
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[27:30], "little"), 1 + int.from_bytes(data[24:27], "little")
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return height & 0x3FFF, width & 0x3FFF
    return None


def _pnm_size(data: bytes) -> tuple[int, int] | None:
    found = _PNM.match(data[:4096])
    return (int(found[2]), int(found[1])) if found else None


_READERS = (
    (PNG_START, _png_size), (JPEG_START, _jpeg_size), (b"BM", _bmp_size), (b"II*\0", _tiff_size),
    (b"MM\0*", _tiff_size), (b"II+\0", _tiff_size), (b"MM\0+", _tiff_size), (b"RIFF", _webp_size), (b"P", _pnm_size),
)  # fmt: skip

"""Label files of every format -> their values as written, never their palette colours."""

import json
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.image_header import PNG_START, lossy_kind, refuse_bomb, tiff_tags
from seqseg.data.files.npy import open_npy
from seqseg.data.files.whole_file import read_whole
from seqseg.data.labels.meaning import LabelError
from seqseg.data.limits import largest_image
from seqseg.data.objects.run_lengths import rle_mask
from seqseg.data.pixels import pixels_of
from seqseg.errors import DataError

LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".pgm", ".gif", ".webp", ".npy", ".json")
LOSSY_SUFFIXES = (".jpg", ".jpeg")
"""Masks of these are refused, unless a threshold makes them two classes."""

_PNG_BITS, _PNG_COLOUR_TYPE, _PNG_HEADER_END = 24, 25, 33  # offsets in the file
_PNG_GRAY, _PNG_PALETTE = 0, 3
_TIFF_BITS, _TIFF_COLOURS, _TIFF_BLACK_IS_ZERO, _TIFF_PALETTE = 258, 262, 1, 3
_TIFF_SAMPLES_A_PIXEL = 277
_STRETCHED_BY = {1: 255, 2: 85, 4: 17}  # the decoder multiplies values of so few bits by this


def read_label_values(path: str | Path, *, lossy: bool = False) -> np.ndarray:
    """A label file -> its values as written: (h, w) of uint8 or wider, or uint8 (h, w, 3) when it holds true colours.

    A palette PNG, TIFF or BMP gives its indices, a bilevel file 0 and 1; three equal channels count as one. `.npy` is
    memory-mapped whole numbers (h, w) or (h, w, 1). `.json` is COCO's run lengths, an object or a list, each with its
    `category_id` (1 by default); later ones cover earlier ones and the rest is 0. A GIF gives its colours.
    Files of lossy compression, which changes labels, are refused unless `lossy`.

    Raises:
        DataError: the file is missing, truncated, too large or no label file.
    """
    path = Path(path)
    if path.suffix.lower() == ".npy":
        return _read_npy(path)
    data = read_whole(path)
    if path.suffix.lower() == ".json":
        return _read_rle(path, data)
    refuse_bomb(path, data)
    if not lossy and (kind := lossy_kind(data)):
        raise DataError(
            f"the mask {path} is a lossy {kind}, which changes labels; save masks as PNG, or if they are 0 and 255, "
            "read them with foreground=>127"
        )
    data, stretch = _indices_as_gray(data)
    values = pixels_of(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise DataError(f"cannot read the mask {path}: damaged, or of no known format; write it again or remove it")
    if values.ndim == 2:
        return values if stretch == 1 else values // np.uint8(stretch)
    colours = np.ascontiguousarray(values[..., 2::-1])  # cv2 gives blue first, and alpha last
    return np.ascontiguousarray(colours[..., 0]) if (colours[..., :1] == colours).all() else colours


def whole_numbers(values: np.ndarray, path: str | Path) -> np.ndarray:
    """The values if they are whole numbers, or booleans (as 0 and 1).

    Raises:
        DataError: they are neither.
    """
    if values.dtype == bool:
        return values.view(np.uint8)
    if not np.issubdtype(values.dtype, np.integer):
        raise DataError(f"the mask {path} holds {values.dtype}, not whole numbers; save class indices as uint8")
    return values


def _read_npy(path: Path) -> np.ndarray:
    values = open_npy(path, "the mask", "save it again with numpy.save")
    values = whole_numbers(values, path)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or not values.size or values.size > largest_image():
        raise DataError(f"the mask {path} has the shape {values.shape}, a mask is (height, width); save it so")
    return np.ascontiguousarray(values).view(np.ndarray)


def _read_rle(path: Path, data: bytes) -> np.ndarray:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the mask {path} is no json: {error}; write it again") from None
    if isinstance(found, dict) and "shapes" in found and "imagePath" in found:
        raise DataError(
            f"the mask {path} is LabelMe's json; open the folder that holds it and its image as labelme:{path.parent}"
        )
    runs = found if isinstance(found, list) else [found]
    if not runs or not all(isinstance(one, dict) for one in runs):
        raise DataError(f"the mask {path} holds no run lengths; write {{size: [h, w], counts: …}}, or a list of such")
    values = np.zeros((0, 0), np.int32)
    for number, one in enumerate(runs):
        segmentation = one.get("segmentation", one)
        category = one.get("category_id", 1)
        if not isinstance(segmentation, dict) or type(category) is not int or not 0 <= category < 2**31:
            raise DataError(f"the mask {path} holds {str(one)[:60]}…, not run lengths with a category_id; write it so")
        try:
            there = rle_mask(segmentation)
        except LabelError as error:
            raise DataError(f"the mask {path} {error}") from None
        if number == 0:
            values = np.zeros(there.shape, np.int32)
        if there.shape != values.shape:
            raise DataError(f"the mask {path} has run lengths of sizes {values.shape} and {there.shape}; use one size")
        values[there] = category
    return values


def _indices_as_gray(data: bytes) -> tuple[bytes, int]:
    """The file with its palette indices turned into gray, and the factor by which the decoder scales few bits.

    cv2 applies palettes. A gray file of as many bits stores the same indices, so the header is changed to gray; a BMP
    always has a palette, which is replaced by a gray ramp.
    """
    if data.startswith(PNG_START):
        return _png_as_gray(data)
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return _tiff_as_gray(data)
    if data.startswith(b"BM"):
        return _bmp_as_gray(data), 1
    return data, 255 if data[:2] in (b"P1", b"P4") else 1


def _png_as_gray(data: bytes) -> tuple[bytes, int]:
    if len(data) < _PNG_HEADER_END or data[_PNG_COLOUR_TYPE] not in (_PNG_GRAY, _PNG_PALETTE):
        return data, 1
    stretch = _STRETCHED_BY.get(data[_PNG_BITS], 1)
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


def _tiff_as_gray(data: bytes) -> tuple[bytes, int]:
    try:
        tags = {tag: (value, place) for tag, value, place in tiff_tags(data)}
    except (struct.error, IndexError, OverflowError):  # a cut or wrong header; the decoder reports it
        return data, 1
    colours, place = tags.get(_TIFF_COLOURS, (None, 0))
    if colours == _TIFF_PALETTE:
        changed = bytearray(data)
        struct.pack_into("<H" if data[:2] == b"II" else ">H", changed, place, _TIFF_BLACK_IS_ZERO)
        data = bytes(changed)
    single = tags.get(_TIFF_SAMPLES_A_PIXEL, (1, 0))[0] == 1
    return data, _STRETCHED_BY.get(tags.get(_TIFF_BITS, (1, 0))[0], 1) if single else 1


def _bmp_as_gray(data: bytes) -> bytes:
    if len(data) < 54:
        return data
    header = struct.unpack_from("<I", data, 14)[0]
    if header < 40:  # OS/2's, with three bytes a colour
        return data
    bits, used = struct.unpack_from("<H", data, 28)[0], struct.unpack_from("<I", data, 46)[0]
    if bits > 8:
        return data
    start, colours = 14 + header, used or 2**bits
    ramp = b"".join(bytes((value, value, value, 0)) for value in range(min(colours, 256)))
    return data[:start] + ramp + data[start + len(ramp) :]

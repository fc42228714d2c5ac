"""MATLAB files of version 5, as far as label files need it: one matrix, found by its path of names.

scipy's reader crashes the interpreter on some damaged files. The format is MathWorks' "MAT-File Format", version 5:
elements of a tag (type, bytes) and data, compressed or not, nested to form matrices.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seqseg.data.limits import most_bytes_of_picture

_MATRIX, _COMPRESSED = 14, 15
_STRUCT = 2
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_HEADER = 128
_MOST_FIELDS = 1000


class MatError(ValueError):
    """Not a MAT-file, or a damaged one; the message is the reason."""


class _Element(NamedTuple):
    kind: int
    data: bytes


def read_mat(data: bytes, names: Sequence[str]) -> np.ndarray | None:
    """The matrix `names[0]`, or field `names[1]` of the struct `names[0]`, and so on, as stored; None if missing.

    Raises:
        MatError: damaged, of another version, or larger than an image may be.

    Example:
        >>> read_mat(Path("2008_000002.mat").read_bytes(), ("GTcls", "Segmentation")).shape
        (375, 500)
    """
    if data.startswith(b"MATLAB 7.3"):
        raise MatError("it is of version 7.3 (HDF5); save it with -v7")
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise MatError("it is no MATLAB file of version 5, or cut")
    reader = _Reader(order)
    for element in reader.elements(data, _HEADER):
        matrix = reader.unpacked(element)
        if matrix.kind == _MATRIX:
            name, body = reader.matrix(matrix.data)
            if name == names[0]:
                return reader.numbers(body, names[1:])
    return None


class _Body(NamedTuple):
    """A matrix without its name: class, dimensions and the elements that follow."""

    kind: int
    dimensions: tuple[int, ...]
    rest: list[_Element]


class _Reader:
    def __init__(self, order: str):
        self.order = order

    def elements(self, data: bytes, place: int = 0) -> Iterator[_Element]:
        """The elements from `place` on; MatError when the last is cut."""
        while place + 8 <= len(data):
            first, size = struct.unpack_from(self.order + "II", data, place)
            if first >> 16:  # a small element has its data in its tag
                kind, size, start = first & 0xFFFF, first >> 16, place + 4
                if size > 4:
                    raise MatError("an element of it is damaged")
                place += 8
            else:
                kind, start = first, place + 8
                place = start + size + (-size % 8 if kind != _COMPRESSED else 0)
            if start + size > len(data):
                raise MatError("it is cut or damaged")
            yield _Element(kind, data[start : start + size])

    def unpacked(self, element: _Element) -> _Element:
        if element.kind != _COMPRESSED:
            return element
        try:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(element.data, most_bytes_of_picture())
        except zlib.error as error:
            raise MatError(f"its compression is damaged ({error})") from None
        if not unpacker.eof:
            raise MatError("its compression is cut, or it holds more than an image may")
        inside = next(self.elements(data), None)
        if inside is None:
            raise MatError("it is cut or damaged")
        return inside

    def matrix(self, data: bytes) -> tuple[str, _Body]:
        parts = list(self.elements(data))
        if len(parts) < 3 or len(parts[0].data) < 8 or len(parts[1].data) % 4:
            raise MatError("a matrix of it is damaged")
        kind = struct.unpack_from(self.order + "I", parts[0].data)[0] & 0xFF
        dimensions = struct.unpack(f"{self.order}{len(parts[1].data) // 4}i", parts[1].data)
        return parts[2].data.decode("latin-1"), _Body(kind, dimensions, parts[3:])

    def numbers(self, body: _Body, names: Sequence[str]) -> np.ndarray | None:
        if names:
            field = self._field(body, names[0])
            return None if field is None else self.numbers(self.matrix(field.data)[1], names[1:])
        if not body.rest or body.rest[0].kind not in _NUMBERS or min(body.dimensions, default=0) < 0:
            raise MatError("its matrix holds no numbers")
        values = body.rest[0]
        stored = np.dtype(self.order + _NUMBERS[values.kind])
        count = 1
        for length in body.dimensions:
            count *= length
        if count * stored.itemsize != len(values.data):
            raise MatError(f"its matrix of {'x'.join(map(str, body.dimensions))} has {len(values.data)} bytes")
        found = np.frombuffer(values.data, stored).reshape(body.dimensions, order="F")
        return np.ascontiguousarray(found.astype(stored.newbyteorder("="), copy=False))

    def _field(self, body: _Body, name: str) -> _Element | None:
        """One field of a 1x1 struct."""
        if body.kind != _STRUCT or len(body.rest) < 2 or set(body.dimensions) != {1} or len(body.rest[0].data) < 4:
            return None
        length = struct.unpack_from(self.order + "i", body.rest[0].data)[0]
        text, fields = body.rest[1].data, body.rest[2:]
        if not 0 < length <= len(text) or len(text) // length > _MOST_FIELDS:
            return None
        found = [text[start : start + length].partition(b"\0")[0] for start in range(0, len(text), length)]
        place = found.index(name.encode()) if name.encode() in found else None
        if place is None or place >= len(fields) or fields[place].kind != _MATRIX:
            return None
        return fields[place]

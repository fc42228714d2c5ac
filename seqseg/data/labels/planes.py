"""Labels of pixels that may show several classes, a bit a class: 80 classes take 20 bytes a pixel instead of 80.

A mask of bit planes is uint8 (h, w, 2 k), where k = ceil(classes / 8). In its first k bytes bit i says that class i is
there, in its last k bytes that class i is void: whether it is there is not known. Bits are counted from the lowest.
"""

import numpy as np

from seqseg.data.void import VOID


def pack_planes(planes: np.ndarray) -> np.ndarray:
    """Planes uint8 (..., classes) of 0, 1 and 255 for void -> bits uint8 (..., 2 * ceil(classes / 8)).

    >>> pack_planes(np.uint8([[1, 0, 255]]))
    array([[1, 4]], dtype=uint8)
    """
    parts = [np.packbits(planes == value, axis=-1, bitorder="little") for value in (1, VOID)]
    return np.concatenate(parts, axis=-1)


def unpack_planes(bits: np.ndarray, classes: int) -> np.ndarray:
    """Bits as `pack_planes` gives them -> planes uint8 (..., classes) of 0, 1 and 255 for void.

    >>> unpack_planes(np.uint8([[1, 4]]), 3)
    array([[  1,   0, 255]], dtype=uint8)
    """
    present, void = np.split(bits, 2, axis=-1)
    planes = np.unpackbits(present, axis=-1, count=classes, bitorder="little")
    planes[np.unpackbits(void, axis=-1, count=classes, bitorder="little").astype(bool)] = VOID
    return planes


def void_planes(height: int, width: int, classes: int) -> np.ndarray:
    """Bits of a frame without a label: every class is void, (h, w, 2 * ceil(classes / 8))."""
    return np.broadcast_to(pack_planes(np.full(classes, VOID, np.uint8)), (height, width, plane_bytes(classes)))


def plane_bytes(classes: int) -> int:
    """Bytes a pixel of a mask of bit planes."""
    return 2 * -(-classes // 8)


NOTHING = 254
"""In a picture's labels: known to show none of the classes."""


def striped(planes: np.ndarray, *, width: int = 4) -> np.ndarray:
    """Planes (..., h, w, classes) as labels (..., h, w) for a picture, where several classes are there in stripes.

    Diagonal stripes of `width` pixels take turns among the classes of a pixel. It is NOTHING where no class is there,
    and void where none is there and some are not known.

    >>> striped(np.uint8([[[1, 0], [1, 1], [1, 1], [0, 255], [0, 0]]]), width=1)
    array([[  0,   1,   0, 255, 254]], dtype=uint8)
    """
    there = planes == 1
    rank = np.cumsum(there, axis=-1)
    number = rank[..., -1]
    rows, columns = np.indices(planes.shape[-3:-1], sparse=True)
    turn = ((rows + columns) // width) % np.maximum(number, 1)
    chosen = np.argmax(there & (rank == turn[..., None] + 1), axis=-1).astype(np.uint8)
    unknown = np.where((planes == VOID).any(axis=-1), VOID, NOTHING).astype(np.uint8)
    return np.where(number > 0, chosen, unknown)

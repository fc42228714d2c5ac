"""Labels of pixels that may show several classes, one bit a class: 80 classes take 20 bytes a pixel instead of 80.

A mask of bit planes is uint8 (h, w, 2 k), where k = ceil(classes / 8). In its first k bytes bit i means that class i is
there, in its last k bytes that class i is void, which is unknown. Bit 0 is the lowest.
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


def plane_bytes(classes: int) -> int:
    """Bytes a pixel of a bit-plane mask."""
    return 2 * -(-classes // 8)


NOTHING = 254
"""In labels to be drawn: known to show none of the classes."""


def striped(planes: np.ndarray, *, width: int = 4) -> np.ndarray:
    """Planes (..., h, w, classes) -> labels (..., h, w) to be drawn, with several classes of a pixel in stripes.

    Diagonal stripes of `width` pixels alternate between the classes of a pixel. A pixel without a class is NOTHING, or
    void if some are unknown.

    >>> striped(np.uint8([[[1, 0], [1, 1], [1, 1], [0, 255], [0, 0]]]), width=1)
    array([[  0,   1,   0, 255, 254]], dtype=uint8)
    """
    there = planes == 1
    rank = np.cumsum(there, axis=-1)
    number = rank[..., -1]
    height, width_ = planes.shape[-3:-1]
    rows, columns = np.arange(height)[:, None], np.arange(width_)
    turn = ((rows + columns) // width) % np.maximum(number, 1)
    chosen = np.argmax(there & (rank == turn[..., None] + 1), axis=-1).astype(np.uint8)
    unknown = np.where((planes == VOID).any(axis=-1), VOID, NOTHING).astype(np.uint8)
    return np.where(number > 0, chosen, unknown)

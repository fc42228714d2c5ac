"""COCO's run lengths: a mask, column by column, as counts of pixels that are off, on, off …

An object of json: `{"size": [height, width], "counts": [6, 1, 40]}`, or with `counts` as COCO's compressed text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqseg.data.labels.meaning import LabelError
from seqseg.data.limits import largest_image

_LONGEST_NUMBER = 8  # groups of five bits, far beyond any image


def rle_mask(rle: Mapping[str, Any]) -> np.ndarray:
    """A run-length object -> bool (h, w).

    Everything is checked before memory is taken; pycocotools reads past the end of wrong counts.

    Raises:
        LabelError: no size, or runs that do not fill it exactly.

    Example:
        >>> rle_mask({"size": [2, 3], "counts": [3, 2, 1]}).astype(int).tolist()
        [[0, 0, 1], [0, 1, 0]]
    """
    height, width = _size(rle)
    runs = run_lengths(rle)
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T


def run_lengths(rle: Mapping[str, Any]) -> np.ndarray:
    """The runs of a run-length object, off, on, off …, int64; they fill its size exactly.

    Raises:
        LabelError: as `rle_mask`.
    """
    height, width = _size(rle)
    counts = rle.get("counts")
    runs = _uncompress(counts) if isinstance(counts, str | bytes) else counts
    if not isinstance(runs, np.ndarray):
        if not isinstance(runs, Sequence) or not all(type(run) is int and run >= 0 for run in runs):
            raise LabelError("has run lengths that are no whole numbers from 0 on; write counts as COCO does")
    elif (runs < 0).any():
        raise LabelError("has run lengths below 0; write counts as COCO does")
    total = int(sum(runs.tolist() if isinstance(runs, np.ndarray) else runs))  # Python's integers do not overflow
    if total != height * width:
        raise LabelError(f"has run lengths for {total} pixels, but its size is {height}x{width}; write it again")
    return np.asarray(runs, np.int64)


def _size(rle: Mapping[str, Any]) -> tuple[int, int]:
    size = rle.get("size")
    if not isinstance(size, Sequence) or len(size) != 2 or not all(type(n) is int and n > 0 for n in size):
        raise LabelError(f"has run lengths with the size {size!r}, which must be [height, width]")
    if size[0] * size[1] > largest_image():
        raise LabelError(f"has run lengths of {size[0]}x{size[1]} pixels, more than SEQSEG_MAX_PIXELS allows")
    return size[0], size[1]


def _uncompress(text: str | bytes) -> np.ndarray:
    """COCO's text: numbers in groups of five bits, lowest first; from the third on, differences to the last but one."""
    data = text.encode("latin-1", "replace") if isinstance(text, str) else text
    bits = np.frombuffer(data, np.uint8).astype(np.int64) - 48
    if not bits.size:
        return bits
    if ((bits < 0) | (bits >= 64)).any():
        raise LabelError("has run lengths that are not COCO's text; write it again")
    goes_on = (bits & 0x20) > 0
    if goes_on[-1]:
        raise LabelError("has run lengths that are cut in the middle of a number; write it again")
    starts = np.flatnonzero(np.concatenate([[True], ~goes_on[:-1]]))
    lengths = np.diff(np.append(starts, bits.size))
    if lengths.max() > _LONGEST_NUMBER:
        raise LabelError("has run lengths that are not COCO's text; write it again")
    places = np.arange(bits.size) - np.repeat(starts, lengths)
    runs = np.add.reduceat((bits & 0x1F) << (5 * places), starts)
    runs -= np.where(bits[starts + lengths - 1] & 0x10, np.int64(1) << (5 * lengths), 0)
    for first in (1, 2):  # differences refer to every number but the very first
        runs[first::2] = np.cumsum(runs[first::2])
    return runs

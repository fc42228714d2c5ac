"""Run lengths as COCO writes them: a mask, column by column, as how many pixels are off, on, off …

An object of json: `{"size": [height, width], "counts": [6, 1, 40]}`, or with `counts` as COCO's compressed text.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from seqseg.data.image_header import largest_image
from seqseg.data.label_meaning import LabelError


def rle_mask(rle: Mapping) -> np.ndarray:
    """A run-length object -> bool (h, w).

    Everything is checked before memory is taken, which pycocotools does not: it reads past the end of counts that lie.

    Raises:
        LabelError: no size, or runs that do not fill it exactly.

    Example:
        >>> rle_mask({"size": [2, 3], "counts": [3, 2, 1]}).astype(int).tolist()
        [[0, 0, 1], [0, 1, 0]]
    """
    height, width = _size(rle)
    counts = rle.get("counts")
    runs = _uncompress(counts) if isinstance(counts, str | bytes) else counts
    if not isinstance(runs, Sequence) or not all(type(run) is int and run >= 0 for run in runs):
        raise LabelError("has run lengths that are no whole numbers from 0 on; write counts as COCO does")
    if sum(runs) != height * width:
        raise LabelError(f"has run lengths for {sum(runs)} pixels, but its size is {height}x{width}; write it again")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, np.asarray(runs, np.int64)).reshape(width, height).T


def polygon_mask(polygons: Iterable[Sequence[float]], height: int, width: int) -> np.ndarray:
    """Polygons [x, y, x, y, …] -> bool (h, w), what is inside of any, to the pixel as pycocotools draws them.

    Raises:
        LabelError: a polygon of fewer than three points, or of something else than numbers.
    """
    polygons = [_polygon(points) for points in polygons]
    if not polygons:
        return np.zeros((height, width), bool)
    from pycocotools import mask  # slow to import, and few sets need it

    return mask.decode(mask.merge(mask.frPyObjects(polygons, height, width))).astype(bool)


def _size(rle: Mapping) -> tuple[int, int]:
    size = rle.get("size")
    if not isinstance(size, Sequence) or len(size) != 2 or not all(type(n) is int and n > 0 for n in size):
        raise LabelError(f"has run lengths with the size {size!r}, which must be [height, width]")
    if size[0] * size[1] > largest_image():
        raise LabelError(f"has run lengths of {size[0]}x{size[1]} pixels, more than SEQSEG_MAX_PIXELS allows")
    return size[0], size[1]


def _uncompress(text: str | bytes) -> list[int]:
    """COCO's text: numbers in groups of five bits, lowest first, from the third on as differences to two before."""
    data = text.encode("latin-1", "replace") if isinstance(text, str) else text
    runs: list[int] = []
    number, shift = 0, 0
    for byte in data:
        bits = byte - 48
        if not 0 <= bits < 64 or shift > 60:
            raise LabelError("has run lengths that are not COCO's text; write it again")
        number |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                number -= 1 << shift
            runs.append(number + runs[-2] if len(runs) > 2 else number)
            number, shift = 0, 0
    if shift:
        raise LabelError("has run lengths that are cut in the middle of a number; write it again")
    return runs


def _polygon(points: Sequence[float]) -> list[float]:
    good = isinstance(points, Sequence) and len(points) >= 6 and len(points) % 2 == 0
    if not good or not all(type(value) in (int, float) and np.isfinite(value) and abs(value) < 1e6 for value in points):
        raise LabelError("has a polygon that is not three points or more as x, y, x, y, …; mend or remove it")
    return [float(value) for value in points]

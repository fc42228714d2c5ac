"""Run lengths of masks, in the compressed form that COCO's tools read."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

GROUP_BITS = 5  # a character holds five bits of a number, least significant first, and whether more follow
MOST_GROUPS = 7  # 35 bits: runs are shorter than 2**34 pixels


@dataclass(frozen=True, slots=True)
class Region:
    """All pixels of one value: how many, their box (x, y, width, height), and their run lengths as COCO writes them."""

    value: int
    area: int
    box: tuple[int, int, int, int]
    counts: str


def regions(mask: np.ndarray) -> Iterator[Region]:
    """The regions of a mask (h, w) of whole numbers, by rising value.

    pycocotools decodes `{"size": [h, w], "counts": region.counts}` to `mask == region.value`.

    >>> [(region.value, region.area, region.box, region.counts) for region in regions(np.uint8([[7, 7], [9, 7]]))]
    [(7, 3, (0, 0, 2, 2), '0111'), (9, 1, (0, 1, 1, 1), '112')]
    """
    height = mask.shape[0]
    flat = mask.ravel(order="F")  # COCO counts down the columns
    if not flat.size:
        return
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    ends = np.concatenate([starts[1:], [flat.size]])
    values = flat[starts]
    order = np.argsort(values, kind="stable")
    for chosen in np.split(order, np.flatnonzero(np.diff(values[order])) + 1):
        begin, end = starts[chosen], ends[chosen]
        yield Region(
            int(values[chosen[0]]),
            int((end - begin).sum()),
            _box(begin, end, height),
            _compressed(begin, end, flat.size),
        )


def _box(begin: np.ndarray, end: np.ndarray, height: int) -> tuple[int, int, int, int]:
    last = end - 1
    left, right = int(begin[0] // height), int(last[-1] // height)
    if (begin // height != last // height).any():  # a run that turns into the next column
        top, bottom = 0, height - 1
    else:
        top, bottom = int((begin % height).min()), int((last % height).max())
    return left, top, right - left + 1, bottom - top + 1


def _compressed(begin: np.ndarray, end: np.ndarray, size: int) -> str:
    """Runs of 0 and 1 by turns, beginning with 0; from the fourth on as the difference to the one two before."""
    counts = np.empty(2 * len(begin), np.int64)
    counts[0::2] = begin - np.concatenate([[0], end[:-1]])
    counts[1::2] = end - begin
    if end[-1] < size:
        counts = np.append(counts, size - end[-1])
    numbers = counts.copy()
    numbers[3:] -= counts[1:-2]
    groups = (numbers[:, None] >> (GROUP_BITS * np.arange(MOST_GROUPS))) & 31
    rest = numbers[:, None] >> (GROUP_BITS * np.arange(1, MOST_GROUPS + 1))
    # A number is complete once all higher bits equal the sign that the last group shows.
    complete = rest == np.where(groups & 16, -1, 0)
    lengths = complete.argmax(axis=1) + 1
    place = np.arange(MOST_GROUPS)
    more = np.where(place < lengths[:, None] - 1, 32, 0)
    characters = (groups + more + 48).astype(np.uint8)
    kept: bytes = characters[place < lengths[:, None]].tobytes()
    return kept.decode("ascii")

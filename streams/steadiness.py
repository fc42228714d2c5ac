"""Flicker of masks where the picture is still, measured without labels."""

from collections import deque

import cv2
import numpy as np

from streams.frame import Frame

CELLS = 160  # of the longer side: what is compared are means over blocks of the picture, not pixels
SAME = 6  # grey values that a block's mean may change in what is still: a camera's noise, averaged over the block
ENOUGH = 0.01  # share of the picture that has to be still for a frame to count
REMEMBERED = 50  # frames that `value` is the mean over


class Steadiness:
    """The share of still blocks of the picture whose class stayed the same, 0 to 1; 1 is no flicker at all.

    Picture and mask are compared with those of the frame before. A block is still if neither it nor one of its eight
    neighbours changed, in any colour, by more than noise; the class in its middle is compared. Void is left out, and so
    is what moves; a new epoch starts over. `last` is the last frame's value, `value` the mean over the last 50; None
    where nothing was still.

    >>> steadiness, picture = Steadiness(), np.zeros((8, 8, 3), np.uint8)
    >>> for index, flicker in enumerate((0, 1, 1)):
    ...     mask = np.zeros((8, 8), np.uint8)
    ...     mask[0] = flicker
    ...     steadiness.see(Frame(picture, index, index), mask)
    >>> steadiness.last, steadiness.value
    (1.0, 0.9375)
    """

    def __init__(self, *, void: int = 255) -> None:
        self.last: float | None = None
        self._void = void
        self._recent: deque[float] = deque(maxlen=REMEMBERED)
        self._epoch: int | None = None
        self._before: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def value(self) -> float | None:
        return sum(self._recent) / len(self._recent) if self._recent else None

    def see(self, frame: Frame, mask: np.ndarray) -> None:
        """The next frame and its mask."""
        picture, classes = _blocks(frame.image, mask)
        before, self._before = self._before, (picture, classes)
        fresh, self._epoch = frame.epoch != self._epoch, frame.epoch
        self.last = None
        if before is None or fresh or before[0].shape != picture.shape:
            return
        still = _still(before[0], picture) & (classes != self._void) & (before[1] != self._void)
        count = np.count_nonzero(still)
        if count < max(1, ENOUGH * still.size):
            return
        self.last = 1.0 - int(np.count_nonzero(still & (classes != before[1]))) / int(count)
        self._recent.append(self.last)


def _blocks(image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means of blocks of the picture (rows, columns, 3), and the class in each one's middle (rows, columns)."""
    side = -(-max(mask.shape) // CELLS)
    rows, columns = max(1, mask.shape[0] // side), max(1, mask.shape[1] // side)
    whole = image[: rows * side, : columns * side]
    picture = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) if side > 1 else image.copy()
    middle = min(side // 2, mask.shape[0] - 1, mask.shape[1] - 1)
    return picture, mask[middle::side, middle::side][:rows, :columns].copy()


def _still(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    differs = cv2.absdiff(before, now) > SAME
    moved = (differs[..., 0] | differs[..., 1] | differs[..., 2]).astype(np.uint8)
    return np.equal(cv2.dilate(moved, np.ones((3, 3), np.uint8)), 0)

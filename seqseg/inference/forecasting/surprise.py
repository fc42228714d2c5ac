"""How surprising a frame is: its prediction's errors by what they usually are. An anomaly detector."""

import numpy as np

BLOCK = 16
"""Pixels: something that is new fills a good part of a block long before it fills one of the picture."""
FLOOR = 0.5 / 255
"""Half a grey level, what rounding leaves: below it, nothing is a surprise."""
AT_MOST = 1.5
"""Times the level that a frame may pull at it, so that what is new does not become usual at once."""
FALL = 4
"""Times as fast as they rise, levels fall: what comes after a long event is heard as well as the event was."""


class Surprise:
    """`rate(errors)` gives a prediction's errors by their running levels: about 1 for what is usual, more for news.

    Each block of the picture has a level of its own, so that leaves that always move are nothing new where they move,
    and a hand that comes in at the edge is, though it changes the error of the whole picture little. The surprise of a
    frame is that of its most surprising block, by what that of the most surprising block usually is.

    Args:
        memory: frames that the levels are means over; a shorter time where they fall.

    Example:
        >>> gauge = Surprise()
        >>> usual = [gauge.rate(0.02) for _ in range(20)]
        >>> round(gauge.rate(0.2), 1)
        9.2
    """

    def __init__(self, memory=100):
        self.memory = memory
        self.levels = None
        self.most = 1.0
        self._frames = 0

    def rate(self, errors):
        """The surprise of a frame by the errors of its blocks (rows, columns), or one error; NaN for NaN.

        An error is the root of the mean square of pixels of 0 to 1; see `block_errors`.
        """
        errors = np.asarray(errors, "float64")
        if np.isnan(errors).any():
            return float("nan")
        if self.levels is None or self.levels.shape != errors.shape:
            self.levels, self.most, self._frames = errors, 1.0, 0
        most = float(np.max((errors + FLOOR) / (self.levels + FLOOR)))
        if self._frames < 2:  # nothing to compare with yet, nor then by how much blocks usually differ
            self.most = most
        surprise = most / self.most
        self._frames += 1
        self.levels = self._followed(self.levels, np.minimum(errors, AT_MOST * (self.levels + FLOOR)))
        self.most = float(self._followed(self.most, min(most, AT_MOST * self.most)))
        return surprise

    def _followed(self, levels, news):
        """Means over the memory where the news is above the level, and over the fewer frames of a fall below it."""
        weights = np.where(news > levels, 1, FALL) / self.memory
        return levels + np.maximum(weights, 1 / self._frames) * (news - levels)


def block_errors(frame, predicted, *, block=BLOCK):
    """The root of the mean square error of each block of two frames (h, w, c) of 0–255, as of 0 to 1: (rows, columns).

    What is left over at the right and below is shared out, so that no block is smaller than `block`.

    Example:
        >>> frame = np.zeros((40, 20, 1)); frame[:16, :20] = 51
        >>> block_errors(frame, np.zeros((40, 20, 1)))[:, 0].round(2).tolist()
        [0.18, 0.0]
    """
    error = (np.asarray(frame, "float32") - np.asarray(predicted, "float32")) / 255.0
    squares = np.mean(error**2, axis=-1, dtype="float64")
    for axis in (0, 1):
        size = squares.shape[axis]
        edges = np.linspace(0, size, 1 + max(1, size // block)).round().astype(int)
        counts = np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
        squares = np.add.reduceat(squares, edges[:-1], axis=axis) / counts
    return np.sqrt(squares)

"""An anomaly detector: the errors of a frame's prediction relative to their usual level."""

import numpy as np
import numpy.typing as npt

BLOCK = 16
"""Side of a block in pixels: something new fills much of a block long before it fills much of the picture."""
FLOOR = 0.5 / 255
"""Half a grey level, the error of rounding: smaller errors are no surprise."""
AT_MOST = 1.5
"""A frame counts at most this many times the level, so that something new does not become usual at once."""
FALL = 4
"""Levels fall this many times faster than they rise, so that an event after a long event is noticed too."""


class Surprise:
    """`rate(errors)` gives the errors of a prediction relative to their running means: about 1 is usual, more is new.

    Each block of the picture has its own level: leaves that always move are usual where they move; a hand that appears
    at the edge is new, although it changes the error of the whole picture little. The surprise of a frame is that of
    its most surprising block, divided by its usual value.

    Args:
        memory: how many frames the running means cover; fewer where errors fall.

    Example:
        >>> gauge = Surprise()
        >>> usual = [gauge.rate(0.02) for _ in range(20)]
        >>> round(gauge.rate(0.2), 1)
        9.2
    """

    def __init__(self, memory: int = 100) -> None:
        self.memory = memory
        self.levels: np.ndarray | None = None
        self.most = 1.0
        self._frames = 0

    def rate(self, errors: npt.ArrayLike) -> float:
        """The surprise of a frame from the errors of its blocks (rows, columns), or from one error; NaN for NaN.

        An error is the root of the mean square error of pixels of 0 to 1; see `block_errors`.
        """
        errors = np.asarray(errors, "float64")
        if np.isnan(errors).any():
            return float("nan")
        if self.levels is None or self.levels.shape != errors.shape:
            self.levels, self.most, self._frames = errors, 1.0, 0
        most = float(np.max((errors + FLOOR) / (self.levels + FLOOR)))
        if self._frames < 2:  # no usual level yet, and then no usual difference between blocks
            self.most = most
        surprise = most / self.most
        self._frames += 1
        self.levels = self._followed(self.levels, np.minimum(errors, AT_MOST * (self.levels + FLOOR)))
        self.most = float(self._followed(self.most, min(most, AT_MOST * self.most)))
        return surprise

    def _followed(self, levels: np.ndarray | float, errors: np.ndarray | float) -> np.ndarray:
        """The running means after these errors: over `memory` frames where they rise, over fewer where they fall."""
        weights = np.where(errors > levels, 1, FALL) / self.memory
        return np.asarray(levels + np.maximum(weights, 1 / self._frames) * (errors - levels))


def block_errors(frame: npt.ArrayLike, predicted: npt.ArrayLike, *, block: int = BLOCK) -> np.ndarray:
    """Root mean square errors (rows, columns) of the blocks of two frames (h, w, c) of 0–255, in units of 0 to 1.

    Blocks share the remainder at the right and the bottom, so that none is smaller than `block`.

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
    return np.asarray(np.sqrt(squares))

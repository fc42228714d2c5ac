"""How surprising a frame is: its prediction's error by what that error usually is. An anomaly detector."""

import math

FLOOR = 0.1 / 255
"""A tenth of a grey level: below it, nothing is a surprise."""
AT_MOST = 3.0
"""Times the level that a frame may pull at it, so that what is new does not become usual at once."""


class Surprise:
    """`rate(error)` gives the error of a prediction by its running level: about 1 for what is usual, more for news.

    Args:
        memory: frames that the level is a mean over.

    Example:
        >>> gauge = Surprise()
        >>> usual = [gauge.rate(0.02) for _ in range(20)]
        >>> round(gauge.rate(0.2), 1)
        9.8
    """

    def __init__(self, memory=100):
        self.memory = memory
        self.level = None
        self._frames = 0

    def rate(self, error):
        """The surprise of an error, the root of the mean square of pixels of 0 to 1; NaN passes through."""
        if math.isnan(error):
            return error
        if self.level is None:
            self.level = error
        surprise = (error + FLOOR) / (self.level + FLOOR)
        self._frames += 1
        weight = max(1 / self._frames, 1 / self.memory)
        self.level += weight * (min(error, AT_MOST * (self.level + FLOOR)) - self.level)
        return surprise

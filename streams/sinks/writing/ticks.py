"""The frames' times as the whole numbers that containers take."""

from fractions import Fraction

from streams.frame import Frame

FINEST = 1_000_000  # ticks a second: what a time base may hold in every container
BROADCAST = Fraction(1, 90_000)  # the clock for frames that name none


class Ticks:
    """Counts each frame's time in ticks of the first frame's source.

    If a new epoch's times start again from the beginning, they go on after the last frame: `shift` seconds later.

    >>> import numpy as np
    >>> ticks = Ticks(None)
    >>> [ticks.of(Frame(np.zeros((1, 1, 3)), Fraction(pts), 0, "", epoch)) for pts, epoch in ((1, 0), (1, 0), (0, 1))]
    [90000, None, 90001]
    """

    def __init__(self, time_base: Fraction | None) -> None:
        self.tick = time_base if time_base and time_base >= Fraction(1, FINEST) else BROADCAST
        self.shift = Fraction(0)
        self._epoch: int | None = None
        self._last: int | None = None
        self._end = Fraction(0)

    def of(self, frame: Frame) -> int | None:
        """The frame's ticks; None if they do not grow, as containers refuse such frames."""
        if frame.epoch != self._epoch:
            if self._last is not None and frame.pts + self.shift < self._end:
                self.shift = self._end - frame.pts
            self._epoch = frame.epoch
        ticks = round((frame.pts + self.shift) / self.tick)
        if self._last is not None and ticks <= self._last:
            return None
        self._last, self._end = ticks, (ticks + max(self.length_of(frame), 1)) * self.tick
        return ticks

    def length_of(self, frame: Frame) -> int:
        """The frame's duration, 0 where it is not known."""
        return round(frame.duration / self.tick) if frame.duration else 0

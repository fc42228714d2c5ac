"""Frames of one opening after another, as one stream."""

import dataclasses
import math
from fractions import Fraction

from streams.frame import Frame


class Continued:
    """Renumbers frames so that several openings follow each other: indices and times go on, each begins a new epoch."""

    def __init__(self) -> None:
        self.count = 0
        self._last: Frame | None = None
        self._end = Fraction(0)
        self._epochs = 0
        self._shift: Fraction | None = Fraction(0)

    def reopened(self) -> None:
        """The next frame is the first one of another opening."""
        self._shift = None

    def frame(self, frame: Frame, *, live: bool) -> Frame:
        """The frame as one of the whole. A live one comes as much later than the last as it was captured later."""
        tick = frame.time_base or Fraction(1, 90_000)
        if self._shift is None:
            self._epochs = self._last.epoch + 1 - frame.epoch if self._last else 0
            self._shift = math.ceil((self._expected(frame, live) - frame.pts) / tick) * tick
        frame = dataclasses.replace(
            frame,
            pts=frame.pts + self._shift,
            shift=frame.shift + self._shift,
            index=self.count,
            epoch=frame.epoch + self._epochs,
        )
        self.count += 1
        self._last, self._end = frame, frame.pts + (frame.duration or tick)
        return frame

    def _expected(self, frame: Frame, live: bool) -> Fraction:
        if self._last is None:
            return frame.pts
        if not live:
            return self._end
        passed = Fraction(frame.captured - self._last.captured).limit_denominator(90_000)
        return max(self._end, self._last.pts + passed)

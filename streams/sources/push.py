"""Frames that are pushed in: by a browser, a robot's bus, another program."""

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source
from streams.threads.mailbox import Mailbox

MICROSECOND = Fraction(1, 1_000_000)


class PushSource(Source):
    """A live source that is fed with `push` from any thread, at most `depth` pictures ahead of its reader.

    When it is full the oldest picture is dropped, and the next frame's `gap` says so; `depth=1` keeps the newest only.
    The first picture may come before or after it is opened. `end` ends it, `fail` ends it with an error, `restart`
    begins a new epoch, as another picture size does.

    >>> with PushSource("browser") as source:
    ...     taken = source.push(np.zeros((5, 7, 3), np.uint8), 0.5)
    ...     source.end()
    ...     [(float(frame.pts), frame.image.shape) for frame in source]
    [(0.5, (5, 7, 3))]
    """

    live = True

    def __init__(self, name: str = "push", *, depth: int = 4) -> None:
        super().__init__(name)
        self._mailbox: Mailbox[tuple[np.ndarray, float | Fraction | None, float, int]] = Mailbox(depth)
        self._begin = time.perf_counter()
        self._runs = 0

    def push(self, image: np.ndarray, seconds: float | Fraction | None = None) -> bool:
        """Adds a picture (h, w, 3) RGB uint8, not to be written to any more, at its time in seconds or now.

        Returns False when the stream has ended. SourceError for anything but such a picture. Never waits.
        """
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            came = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise SourceError(f"a picture for {self.name} must be an RGB array (h, w, 3) uint8, got {came}")
        now = time.perf_counter()
        lost = self._mailbox.put((image, seconds, now, self._runs), wait=False)
        if lost:
            self.meter.drop("overflow", len(lost))
        return lost is not None

    def restart(self) -> None:
        """The next picture begins a new epoch."""
        self._runs += 1

    def end(self) -> None:
        """No more pictures come."""
        self._mailbox.end()

    def fail(self, reason: str) -> None:
        """No more pictures come, and the reader gets this reason as a SourceError."""
        self._mailbox.end(SourceError(f"{self.name}: {reason}"))

    def open(self) -> None:
        pass

    def frames(self) -> Iterator[Frame]:
        index, epoch = 0, -1
        like: tuple[tuple[int, ...], int] | None = None
        last: Fraction | None = None
        while (delivery := self._mailbox.get()) is not None:
            (image, seconds, captured, run), lost = delivery
            if (image.shape[:2], run) != like:
                last = None if like is None or run != like[1] else last
                epoch, like = epoch + 1, (image.shape[:2], run)
            pts = self._time(captured - self._begin if seconds is None else seconds)
            if last is not None and pts <= last:
                self.counts["times repaired"] += 1
                pts = last + MICROSECOND
            yield Frame(image, pts, index, self.name, epoch, lost, time_base=MICROSECOND, captured=captured)
            index, last = index + 1, pts

    def stop(self) -> None:
        super().stop()
        self._mailbox.close()

    def close(self) -> None:
        self._mailbox.close()

    @staticmethod
    def _time(seconds: float | Fraction) -> Fraction:
        return round(Fraction(seconds) / MICROSECOND) * MICROSECOND

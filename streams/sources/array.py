"""Frames from memory, from a generator, or from a function that makes them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sized
from fractions import Fraction

import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source

RESET = "reset"  # among the pictures: the next one begins a new epoch
MICROSECOND = Fraction(1, 1_000_000)

Seconds = int | float | Fraction
Item = np.ndarray | tuple[np.ndarray, Seconds] | str  # a picture, a picture and its time, or RESET


class ArraySource(Source):
    """Frames from an array (t, h, w, 3) uint8, an iterable of pictures (h, w, 3) uint8, or a function that gives one.

    Instead of a picture there may be `(picture, seconds)`; without times pictures come `fps` a second. `RESET` begins a
    new epoch, as another size does; a function ends with None. Exact seconds (integers, Fractions) stay exact, floats
    are rounded to microseconds; times that do not grow are repaired and counted. `live` marks a source that does not
    wait for its reader.

    >>> with ArraySource(np.zeros((2, 5, 7, 3), np.uint8), fps=10) as source:
    ...     [str(frame.pts) for frame in source]
    ['0', '1/10']
    >>> picture = np.zeros((5, 7, 3), np.uint8)
    >>> with ArraySource([(picture, 0), (picture, 0.25), RESET, (picture, 0)]) as source:
    ...     [(float(frame.pts), frame.epoch) for frame in source]
    [(0.0, 0), (0.25, 0), (0.0, 1)]
    """

    def __init__(
        self,
        images: Iterable[Item] | Callable[[], Item | None],
        *,
        fps: float | Fraction = 25,
        name: str = "array",
        live: bool = False,
    ) -> None:
        super().__init__(name)
        self.rate = self._fps = Fraction(fps).limit_denominator(1001)
        self.live = live
        self._images = images

    def open(self) -> None:
        self.length = len(self._images) if isinstance(self._images, Sized) else None
        if isinstance(self._images, np.ndarray):
            self.size = (self._images.shape[1], self._images.shape[2])

    def frames(self) -> Iterator[Frame]:
        index, epoch, tick, fresh = 0, -1, 1 / self._fps, True
        size: tuple[int, ...] | None = None
        last: Fraction | None = None
        for item in self._items():
            if isinstance(item, str) and item == RESET:
                fresh = True
                continue
            given, seconds = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
            image = self._checked(given, index)
            if fresh or image.shape[:2] != size:
                epoch, size = epoch + 1, image.shape[:2]
                last = None if fresh and seconds is not None else last
            fresh = False
            pts, base = self._time(seconds, last, tick)
            yield Frame(image, pts, index, self.name, epoch, duration=tick, time_base=base)
            index, last = index + 1, pts

    def close(self) -> None:
        pass

    def _items(self) -> Iterator[Item]:
        """The items until None or the end."""
        images = iter(self._calls(self._images) if callable(self._images) else self._images)
        while True:
            with self.meter.stage("capture"):
                item = next(images, None)
            if item is None:
                return
            yield item

    @staticmethod
    def _calls(make: Callable[[], Item | None]) -> Iterator[Item | None]:
        while True:
            yield make()

    def _checked(self, image: object, index: int) -> np.ndarray:
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            came = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise SourceError(f"frame {index} of {self.name} must be an RGB array (h, w, 3) uint8, got {came}")
        return image

    def _time(self, seconds: Seconds | None, last: Fraction | None, tick: Fraction) -> tuple[Fraction, Fraction]:
        """The time of a picture, and a tick of which it is a whole number."""
        if seconds is None:
            return (Fraction(0) if last is None else last + tick), tick
        if isinstance(seconds, (int, Fraction)):
            pts = Fraction(seconds)
            base = Fraction(1, pts.denominator)
        else:
            pts, base = round(Fraction(float(seconds)) / MICROSECOND) * MICROSECOND, MICROSECOND
        if last is not None and pts <= last:
            self.counts["times repaired"] += 1
            base = Fraction(1, math.lcm(last.denominator, base.denominator))
            pts = last + base
        return pts, base

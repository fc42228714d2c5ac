"""Frames from memory, from a generator, or from a function that makes them."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source

RESET = "reset"  # among the pictures: what follows has nothing to do with what went before
MICROSECOND = Fraction(1, 1_000_000)


class ArraySource(Source):
    """Frames from an array (t, h, w, 3) uint8, an iterable of pictures (h, w, 3) uint8, or a function that gives one.

    A simulator or an environment says more: instead of a picture it may give `(picture, seconds)`, else pictures come
    `fps` a second; `RESET` begins a new epoch, as does another size; a function ends with None. Seconds that are exact
    (integers, Fractions) stay exact, floats are rounded to microseconds; those that do not grow are mended and counted.
    `live` says that it does not wait for whoever takes the frames.

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
        images: Iterable[np.ndarray] | Callable[[], np.ndarray | None],
        *,
        fps: float | Fraction = 25,
        name: str = "array",
        live: bool = False,
    ) -> None:
        super().__init__(name)
        self.rate = Fraction(fps).limit_denominator(1001)
        self.live = live
        self._images = images

    def open(self) -> None:
        self.length = len(self._images) if hasattr(self._images, "__len__") else None
        if isinstance(self._images, np.ndarray):
            self.size = self._images.shape[1:3]

    def frames(self) -> Iterator[Frame]:
        index, epoch, size, last, tick, fresh = 0, -1, None, None, 1 / self.rate, True
        for item in self._items():
            if isinstance(item, str) and item == RESET:
                fresh = True
                continue
            image, seconds = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
            self._check(image, index)
            if fresh or image.shape[:2] != size:
                epoch, size = epoch + 1, image.shape[:2]
                last = None if fresh and seconds is not None else last
            fresh = False
            pts, base = self._time(seconds, last, tick)
            yield Frame(image, pts, index, self.name, epoch, duration=tick, time_base=base)
            index, last = index + 1, pts

    def close(self) -> None:
        pass

    def _items(self) -> Iterator:
        """What is given, until None or the end."""
        images = iter(self._calls() if callable(self._images) else self._images)
        while True:
            with self.meter.stage("capture"):
                item = next(images, None)
            if item is None:
                return
            yield item

    def _calls(self) -> Iterator:
        while True:
            yield self._images()

    def _check(self, image, index: int) -> None:
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            came = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise SourceError(f"frame {index} of {self.name} must be an RGB array (h, w, 3) uint8, got {came}")

    def _time(self, seconds, last: Fraction | None, tick: Fraction) -> tuple[Fraction, Fraction]:
        """The time of a picture, and the ticks that it is a whole number of."""
        if seconds is None:
            return (Fraction(0) if last is None else last + tick), tick
        exact = isinstance(seconds, (int, Fraction))
        pts = Fraction(seconds) if exact else round(Fraction(float(seconds)) / MICROSECOND) * MICROSECOND
        base = Fraction(1, pts.denominator) if exact else MICROSECOND
        if last is not None and pts <= last:
            self.counts["times mended"] += 1
            base = Fraction(1, np.lcm(last.denominator, base.denominator).item())
            pts = last + base
        return pts, base

"""Frames from memory or from a generator."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source


class ArraySource(Source):
    """Frames from an array (t, h, w, 3) uint8 or any iterable of pictures (h, w, 3) uint8, at a steady rate.

    >>> with ArraySource(np.zeros((2, 5, 7, 3), np.uint8), fps=10) as source:
    ...     [str(frame.pts) for frame in source]
    ['0', '1/10']
    """

    def __init__(self, images: Iterable[np.ndarray], *, fps: float | Fraction = 25, name: str = "array"):
        super().__init__(name)
        self.rate = Fraction(fps).limit_denominator(1001)
        self._images = images

    def open(self) -> None:
        self.length = len(self._images) if hasattr(self._images, "__len__") else None
        if isinstance(self._images, np.ndarray):
            self.size = self._images.shape[1:3]

    def frames(self) -> Iterator[Frame]:
        epoch, size, tick = -1, None, 1 / self.rate
        for index, image in enumerate(self._images):
            if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                came = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
                raise SourceError(f"frame {index} of {self.name} must be an RGB array (h, w, 3) uint8, got {came}")
            if image.shape[:2] != size:
                epoch, size = epoch + 1, image.shape[:2]
            yield Frame(image, index * tick, index, self.name, epoch, duration=tick, time_base=tick)

    def close(self) -> None:
        pass

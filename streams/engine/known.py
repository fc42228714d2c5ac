"""The last frame that a state has seen, and how to find it again in a source."""

import zlib
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from streams.frame import Frame


class Known(NamedTuple):
    """A frame by its number and exact time. Its epoch and checksum let a source seek to it and verify that it did.

    >>> known = Known.of(Frame(np.zeros((5, 7, 3), np.uint8), Fraction(1, 25), 1))
    >>> known.index, str(known.pts), known.epoch
    (1, '1/25', 0)
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nothing uses here
    pts: Fraction
    epoch: int | None = None
    checksum: int | None = None

    @classmethod
    def of(cls, frame: Frame) -> "Known":
        return cls(frame.index, frame.pts, frame.epoch, checksum(frame.image))

    def is_at(self, pts: Fraction, image: np.ndarray) -> bool:
        """Whether this picture is the frame, bit for bit."""
        return pts == self.pts and checksum(image) == self.checksum

    @property
    def can_be_found(self) -> bool:
        """Whether comparing its picture is enough: no epoch ended before it."""
        return self.epoch == 0 and self.checksum is not None


def checksum(image: np.ndarray) -> int:
    """A checksum of 32 bits of the picture and its size.

    >>> checksum(np.zeros((5, 7, 3), np.uint8)) != checksum(np.zeros((7, 5, 3), np.uint8))
    True
    """
    return zlib.crc32(np.ascontiguousarray(image).data, zlib.crc32(repr(image.shape).encode()))

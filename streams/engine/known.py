"""The last frame that a state has seen, and how it is found again."""

import zlib
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from streams.frame import Frame


class Known(NamedTuple):
    """A frame by its number and exact time. With its epoch and checksum a source may jump to it and know that it did.

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
        """Whether nothing but its own picture has to be looked at: no epoch ended before it."""
        return self.epoch == 0 and self.checksum is not None


def checksum(image: np.ndarray) -> int:
    """32 bits that other pictures, or this one in another size, hardly share.

    >>> checksum(np.zeros((5, 7, 3), np.uint8)) != checksum(np.zeros((7, 5, 3), np.uint8))
    True
    """
    return zlib.crc32(np.ascontiguousarray(image).data, zlib.crc32(repr(image.shape).encode()))

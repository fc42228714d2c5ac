"""How a stored picture is turned and mirrored to be upright: a movie's display matrix."""

from typing import NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import SideData


class Orientation(NamedTuple):
    """What makes a stored picture upright: swap rows and columns, then reverse either.

    >>> Orientation(transposed=True).upright(np.uint8([[1, 2, 3]])).tolist()
    [[1], [2], [3]]
    """

    transposed: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @classmethod
    def of(cls, picture: av.VideoFrame) -> "Orientation":
        """From the picture's display matrix, rounded to quarter turns; as stored where there is none."""
        data = picture.side_data.get("DISPLAYMATRIX")
        if not isinstance(data, SideData):
            return cls()
        values = np.frombuffer(bytes(data), np.int32)
        if values.size != 9:
            return cls()
        a, b, c, d = (int(values[place]) for place in (0, 1, 3, 4))  # x' = a x + c y, y' = b x + d y
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, d < 0, a < 0)
        return cls(True, b < 0, c < 0)

    def upright(self, image: np.ndarray) -> np.ndarray:
        """The stored picture (h, w, …) as it is shown, contiguous: (w, h, …) where it is transposed."""
        if self.transposed:
            image = image.swapaxes(0, 1)
        rows, columns = (slice(None, None, -1 if reverse else 1) for reverse in self[1:])
        return np.ascontiguousarray(image[rows, columns])

    def size_of(self, picture: av.VideoFrame) -> tuple[int, int]:
        """(h, w) of the upright picture."""
        return (picture.width, picture.height) if self.transposed else (picture.height, picture.width)

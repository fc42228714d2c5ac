"""Label Studio's brush strokes: thi.ng's rle-pack, as label-studio-converter's `brush.py` documents it."""

from collections.abc import Sequence

import numpy as np

MOST_PIXELS = 1 << 28


class _Bits:
    """Reads whole numbers of some bits each, the highest bit first."""

    def __init__(self, data: bytes):
        self._bits = np.unpackbits(np.frombuffer(data, np.uint8))
        self._place = 0

    def number(self, bits: int) -> int:
        here = self._bits[self._place : self._place + bits]
        if len(here) < bits:
            raise ValueError("its run lengths end too soon")
        self._place += bits
        return int("".join("1" if bit else "0" for bit in here), 2) if bits else 0


def brush_mask(data: Sequence[int], height: int, width: int) -> np.ndarray:
    """Run lengths of RGBA pixels, row by row -> where the brush has been, bool (h, w).

    Raises:
        ValueError: they are cut, or belong to another size.
    """
    if any(not isinstance(byte, int) or not 0 <= byte <= 255 for byte in data):
        raise ValueError("its run lengths are no bytes")
    bits = _Bits(bytes(data))
    count = bits.number(32)
    word = bits.number(5) + 1
    sizes = [bits.number(4) + 1 for _ in range(4)]
    if count != 4 * height * width or count > 4 * MOST_PIXELS:
        raise ValueError(f"its run lengths hold {count} values, {4 * height * width} are needed for {width}x{height}")
    values = np.zeros(count, np.uint8)
    place = 0
    while place < count:
        repeats = bits.number(1)
        stop = place + 1 + bits.number(sizes[bits.number(2)])
        if stop > count:
            raise ValueError("its run lengths reach past the picture")
        if repeats:
            values[place:stop] = bits.number(word)
        else:
            values[place:stop] = [bits.number(word) for _ in range(stop - place)]
        place = stop
    return np.asarray(values.reshape(height, width, 4)[..., 3] > 0)

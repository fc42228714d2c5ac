"""CRC-32C (Castagnoli; RFC 3720), the checksum of TFRecord, in numpy: many stretches in parallel, then combined.

The checksum is linear in the bytes. To join two parts, that of the first is continued over as many zeros as the second
has bytes, and the two are added (Mark Adler's crc32_combine).
"""

import numpy as np

_POLYNOMIAL = 0x82F63B78  # with its bits in reverse order
_STRETCH = 2048  # about as many bytes as a stretch has


def crc32c(data: bytes) -> int:
    """The checksum of `data`, about 200 MB a second.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    stretches = 1 << max(0, (len(data) - 1) // _STRETCH).bit_length()
    length = -(-len(data) // stretches)
    padded = np.zeros(stretches * length, np.uint8)  # zeros in front change nothing before the first bit is set
    padded[len(padded) - len(data) :] = np.frombuffer(data, np.uint8)
    sums = np.zeros(stretches, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(stretches, length).T):
        sums = _TABLE[(sums ^ column) & 0xFF] ^ (sums >> np.uint32(8))
    while len(sums) > 1:
        sums = _over_zeros(sums[::2], length) ^ sums[1::2]
        length *= 2
    start = _over_zeros(np.array([0xFFFFFFFF], np.uint32), len(data))
    return int(sums[0] ^ start[0]) ^ 0xFFFFFFFF


def _make_table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return table


_TABLE = _make_table()
_BITS = np.uint32(1) << np.arange(32, dtype=np.uint32)


def _over_zeros(sums: np.ndarray, count: int) -> np.ndarray:
    """The sums after `count` more bytes of zero."""
    power = _TABLE[_BITS & 0xFF] ^ (_BITS >> np.uint32(8))  # what one byte of zero makes of each bit
    while count:
        if count & 1:
            sums = _times(power, sums)
        power, count = _times(power, power), count >> 1
    return sums


def _times(images: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """The linear map that takes bit i to `images[i]`, of each sum."""
    result = np.zeros_like(sums)
    for bit, image in enumerate(images):
        result ^= np.where((sums >> np.uint32(bit)) & 1, image, np.uint32(0))
    return result

"""CRC-32C against the values of RFC 3720 (B.4) and of the catalogue of CRCs."""

import numpy as np
import pytest

from seqseg.data.records.crc32c import crc32c


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data, expected):
    assert crc32c(data) == expected


@pytest.mark.parametrize("length", [2047, 2048, 2049, 9001])
def test_long_data_is_what_byte_after_byte_gives(length):
    data = np.random.default_rng(length).integers(0, 256, length, np.uint8).tobytes()
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0x82F63B78 * (register & 1)
    assert crc32c(data) == register ^ 0xFFFFFFFF

import struct
import zlib

import cv2
import numpy as np
import pytest

from seqseg.data.files.decoding import read_image, read_label_values
from seqseg.data.pixels import pixels_of
from seqseg.errors import DataError


def png(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("read", [read_image, read_label_values])
@pytest.mark.parametrize("size", [(2**20 + 1, 1), (1, 2**20 + 1)])
def test_a_side_beyond_opencvs_own_limit_is_one_line(tmp_path, read, size):
    (tmp_path / "a.png").write_bytes(png(*size))
    with pytest.raises(DataError, match="damaged, or of no known format") as caught:
        read(tmp_path / "a.png")
    assert "\n" not in str(caught.value)


def test_what_can_be_decoded_is_and_nothing_is_none():
    picture = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    np.testing.assert_array_equal(pixels_of(cv2.imencode(".png", picture)[1], cv2.IMREAD_COLOR), picture)
    assert pixels_of(np.zeros(0, np.uint8), cv2.IMREAD_COLOR) is None

"""Display matrices against turns by hand, and against numpy's own."""

import struct

import numpy as np
import pytest

from streams import MovieFrames, MovieSource

H, W = 46, 62
TURNS = {
    "as it is": ((1, 0, 0, 1, 0, 0), lambda image: image),
    "turned by 180": ((-1, 0, 0, -1, W, H), lambda image: image[::-1, ::-1]),
    "turned by 90": ((0, 1, -1, 0, H, 0), lambda image: np.rot90(image, -1)),
    "turned by 270": ((0, -1, 1, 0, 0, W), lambda image: np.rot90(image)),
    "mirrored": ((-1, 0, 0, 1, W, 0), lambda image: image[:, ::-1]),
    "flipped": ((1, 0, 0, -1, 0, H), lambda image: image[::-1]),
    "transposed": ((0, 1, 1, 0, 0, 0), lambda image: image.transpose(1, 0, 2)),
    "transverse": ((0, -1, -1, 0, H, W), lambda image: image.transpose(1, 0, 2)[::-1, ::-1]),
}


@pytest.fixture
def plain(make_movie):
    return make_movie("plain.mp4", range(4), size=(H, W))


def with_matrix(path, matrix):
    """A copy of an mp4 whose track header has this display matrix (a b c d x y)."""
    a, b, c, d, x, y = (value << 16 for value in matrix)
    data = bytearray(path.read_bytes())
    place = data.find(b"tkhd") + 44
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, x, y, 1 << 30)
    turned = path.with_name("turned.mp4")
    turned.write_bytes(data)
    return turned


@pytest.mark.parametrize("turn", TURNS)
def test_frames_are_as_the_display_matrix_asks(plain, turn):
    matrix, expected = TURNS[turn]
    with MovieSource(plain) as source:
        stored = [frame.image for frame in source]
    path = with_matrix(plain, matrix)
    with MovieSource(path) as source:
        shown = list(source)
        assert source.size == expected(stored[0]).shape[:2]
    for frame, image in zip(shown, stored, strict=True):
        np.testing.assert_array_equal(frame.image, expected(image))
        assert frame.image.flags.c_contiguous
    np.testing.assert_array_equal(MovieFrames(path)[2], shown[2].image)

"""Pictures on the wire."""

import io
import zlib
from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

from streams.errors import SourceError
from streams.frame import Frame
from streams.web.pictures import Picture, decode_jpeg, fitted, jpeg_size, read_message


def jpeg(height, width, **options):
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


def test_a_message_holds_the_frame_and_its_mask_exactly():
    image = np.full((45, 61, 3), (200, 30, 60), np.uint8)
    mask = np.random.default_rng(0).integers(0, 3, (45, 61)).astype(np.uint8)
    header, coded, packed = read_message(
        Picture(7, 1, Frame(image, Fraction(1, 3), 4, epoch=2, gap=1), mask, classes=3, facts={"x": 5}).message
    )
    assert (header["stream"], header["index"], header["epoch"], header["gap"], header["x"]) == (7, 4, 2, 1, 5)
    assert (header["height"], header["width"], header["pts"]) == (45, 61, pytest.approx(1 / 3))
    np.testing.assert_allclose(header["areas"], [(mask == k).mean() for k in range(3)], atol=1e-5)
    np.testing.assert_array_equal(np.frombuffer(zlib.decompress(packed), np.uint8).reshape(45, 61), mask)
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(coded))), image, atol=4)


def test_large_pictures_are_shrunk_with_their_masks():
    image, mask = fitted(np.zeros((100, 301, 3), np.uint8), np.zeros((100, 301), np.uint8), 150)
    assert image.shape == (50, 150, 3) and mask.shape == (50, 150)


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"comment": b"x" * 300}, {"exif": b"Exif\0\0" + b"y" * 99}]
)
def test_the_size_is_read_from_the_header_of_any_jpeg(options):
    assert jpeg_size(jpeg(33, 57, **options)) == (33, 57)


def test_a_jpeg_is_decoded_as_pil_does():
    data = jpeg(33, 57)
    np.testing.assert_allclose(decode_jpeg(data), np.asarray(Image.open(io.BytesIO(data))), atol=1)


def test_what_claims_to_be_enormous_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    data = bytearray(jpeg(8, 8))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\x75\x30\x75\x30"  # 30000 x 30000
    with pytest.raises(SourceError, match="30000x30000 is not taken"):
        decode_jpeg(bytes(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no JPEG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "no JPEG"),
        (b"\xff\xd8\xff", "does not say its size"),
        (b"\xff\xd8\xff\xe0\xff\xff" + bytes(20), "does not say its size"),
        (jpeg(33, 57)[:200], "does not say its size|damaged"),
    ],
)
def test_what_is_no_whole_jpeg_is_reported(data, message):
    with pytest.raises(SourceError, match=message):
        decode_jpeg(data)

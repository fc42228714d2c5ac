"""Frames and labels as bytes, against PIL."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from seqseg.data.labels.planes import pack_planes
from seqseg.data.records.frame import (
    NO_LABEL,
    BadRecord,
    EncodedFrame,
    decode_image,
    decode_label,
    encode_image,
    encode_label,
    split_record,
)

RNG = np.random.default_rng(0)
FRAME = RNG.integers(0, 256, (13, 17, 3), np.uint8)
MASK = RNG.choice(np.array([0, 1, 7, 255], np.uint8), (13, 17))


def buffer(data):
    return np.frombuffer(data, np.uint8)


def encoded_file(path, image, **options):
    image.save(path, **options)
    return path


def test_a_png_shows_the_frame_to_pil_and_to_us():
    data = encode_image(FRAME, "png", 95)
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(data))), FRAME)
    np.testing.assert_array_equal(decode_image(buffer(data)), FRAME)


def test_a_jpeg_is_as_near_as_its_quality():
    smooth = np.broadcast_to(np.arange(0, 240, 4, dtype=np.uint8)[:, None, None], (60, 80, 3))
    shown = np.array(Image.open(io.BytesIO(encode_image(smooth, "jpeg", 95)))).astype(int)
    assert np.abs(shown - smooth).mean() < 1
    assert len(encode_image(FRAME, "jpeg", 20)) < len(encode_image(FRAME, "jpeg", 95))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_keep_takes_over_the_bytes_of_the_file(tmp_path, suffix):
    path = encoded_file(tmp_path / f"a{suffix}", Image.fromarray(FRAME))
    frame = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert encode_image(frame, "keep", 95, path) == path.read_bytes()


def test_keep_makes_a_lossless_png_of_what_is_no_png_or_jpeg(tmp_path):
    path = encoded_file(tmp_path / "a.bmp", Image.fromarray(FRAME))
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(encode_image(FRAME, "keep", 95, path)))), FRAME)


def test_keep_does_not_take_a_jpeg_that_a_camera_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down, so that the size gives no hint
    path = encoded_file(tmp_path / "a.jpg", Image.fromarray(FRAME), exif=exif)
    turned = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    data = encode_image(turned, "keep", 95, path)
    assert data != path.read_bytes()
    np.testing.assert_array_equal(np.array(Image.open(io.BytesIO(data))), turned)


def test_class_indices_are_a_gray_png():
    data, kind = encode_label(MASK)
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "L"
    np.testing.assert_array_equal(np.array(picture), MASK)
    np.testing.assert_array_equal(decode_label(buffer(data), kind), MASK)


def test_no_label_is_no_bytes():
    assert encode_label(None) == (b"", NO_LABEL)


@pytest.mark.parametrize("classes", [1, 8, 21, 80])
def test_bit_planes_come_back_bit_for_bit(classes):
    planes = np.zeros((5, 7, classes), np.uint8)
    planes[1:3, 2:, classes - 1], planes[0, :, 0] = 1, 255
    bits = pack_planes(planes)
    np.testing.assert_array_equal(decode_label(buffer(encode_label(bits)[0]), 2), bits)


def test_bit_planes_of_nothing_come_back_empty():
    bits = np.zeros((5, 7, 6), np.uint8)
    data, kind = encode_label(bits)
    assert len(data) < 40
    np.testing.assert_array_equal(decode_label(buffer(data), kind), bits)


def test_a_record_is_laid_out_as_documented():
    record = EncodedFrame(b"image", b"label!", 1, (1, 1)).to_record()
    assert record == b"SSF1" + bytes([1, 0, 0, 0]) + (5).to_bytes(4, "little") + (6).to_bytes(4, "little") + (
        b"imagelabel!"
    )
    image, label, kind = split_record(record)
    assert (image.tobytes(), label.tobytes(), kind) == (b"image", b"label!", 1)


def test_taking_a_record_apart_copies_nothing():
    record = EncodedFrame(b"image", b"label!", 1, (1, 1)).to_record()
    image, label, _ = split_record(record)
    assert not image.flags.owndata and not label.flags.owndata


@pytest.mark.parametrize(
    "record", [b"", b"SSF1", b"XXXX" + bytes(20), EncodedFrame(b"i", b"", 0, (1, 1)).to_record()[:-1]]
)
def test_other_bytes_are_no_record(record):
    with pytest.raises(BadRecord, match="is no frame"):
        split_record(record)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xffnonsense"])
def test_bytes_that_are_no_picture_are_reported(data):
    with pytest.raises(BadRecord, match="picture that cannot be decoded"):
        decode_image(buffer(data))


def test_bit_planes_with_a_wrong_size_are_reported():
    data = bytearray(encode_label(pack_planes(np.ones((5, 7, 3), np.uint8)))[0])
    data[0] = 4
    with pytest.raises(BadRecord, match="not 4x7"):
        decode_label(buffer(bytes(data)), 2)


@pytest.mark.parametrize("data", [b"", b"short", bytes(40)])
def test_bytes_that_are_no_bit_planes_are_reported(data):
    with pytest.raises(BadRecord, match="bit planes"):
        decode_label(buffer(data), 2)

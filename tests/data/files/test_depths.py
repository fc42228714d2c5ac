"""Every type of value by every reader: training and streams see the same pictures."""

import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile

from seqseg.data import open_data
from seqseg.data.files.decoding import ImageFiles, read_image
from seqseg.errors import DataError
from streams import open_source
from streams.errors import SourceError
from streams.sources.reading.deep import stretch, value_range

SHAPE = (20, 31)
KINDS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]
MASKS = np.repeat((np.arange(SHAPE[0]) < 8)[None, :, None], 6, 0).repeat(SHAPE[1], 2).astype(np.uint8)


def values(kind, colours, *, low=None, high=None, count=6):
    """Pictures (count, h, w) or (count, h, w, 3) that use the range of their type, or from low to high."""
    kind = np.dtype(kind)
    if low is None:
        low, high = (-0.2, 0.3) if kind.kind == "f" else (np.iinfo(kind).min // 2, min(np.iinfo(kind).max, 2**40))
    shape = (count, *SHAPE, *((3,) if colours else ()))
    drawn = np.random.default_rng(0).random(shape) * (float(high) - float(low)) + float(low)
    return drawn.astype(kind)


def expected(pictures):
    """By hand: where 0.1 % are darker or brighter, 0 and 255; colours of 16 bits lose their lower bits."""
    if pictures.dtype == np.uint8:
        return pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, -1)
    if pictures.dtype == np.uint16 and pictures.ndim == 4:
        return (pictures >> (max(8, int(pictures.max()).bit_length() + 1 & ~1) - 8)).astype(np.uint8)
    plain = pictures.astype(np.float64)
    finite = plain[np.isfinite(plain)]
    low, high = np.percentile(finite, 0.1), np.percentile(finite, 99.9)
    scaled = np.floor((np.nan_to_num(plain, nan=low, posinf=high, neginf=low) - low) / (high - low) * 255 + 0.5)
    gray = np.clip(scaled, 0, 255).astype(np.uint8)
    return gray if gray.ndim == 4 else np.repeat(gray[..., None], 3, -1)


def as_streamed(source):
    with open_source(str(source)) as opened:
        return np.stack([frame.image for frame in opened])


def write_stack(folder, pictures):
    photometric = "rgb" if pictures.ndim == 4 else "minisblack"
    folder.mkdir()
    tifffile.imwrite(folder / "s.tif", pictures, photometric=photometric)
    tifffile.imwrite(folder / "s_mask.tif", MASKS)
    return folder


def write_folder(folder, pictures):
    folder.mkdir()
    for number, picture in enumerate(pictures):
        tifffile.imwrite(folder / f"f{number}.tif", picture, photometric="rgb" if picture.ndim == 3 else "minisblack")
    return folder


@pytest.mark.parametrize("colours", [False, True], ids=["gray", "rgb"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stack_is_the_same_in_training_and_in_a_stream(tmp_path, kind, colours):
    pictures = values(kind, colours)
    stack = write_stack(tmp_path / "stack", pictures)
    video = open_data(f"tiff:{stack}", split="all").videos[0]
    trained = np.stack([video.frame(index) for index in range(6)])
    np.testing.assert_array_equal(trained, expected(pictures))
    np.testing.assert_array_equal(as_streamed(stack / "s.tif"), trained)


@pytest.mark.parametrize("colours", [False, True], ids=["gray", "rgb"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_is_the_same_in_training_and_in_a_stream(tmp_path, kind, colours):
    pictures = values(kind, colours)
    folder = write_folder(tmp_path / "folder", pictures)
    trained = np.stack(list(ImageFiles(sorted(folder.iterdir()))))
    np.testing.assert_array_equal(trained, expected(pictures))
    np.testing.assert_array_equal(as_streamed(folder), trained)


@pytest.mark.parametrize("suffix", [".png", ".ppm", ".tif"])
@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
def test_colours_of_any_depth_keep_their_upper_bits(tmp_path, suffix, bits):
    pictures = values("uint16", True, low=0, high=2**bits - 1, count=2)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(tmp_path / f"{number}{suffix}"), picture[..., ::-1])
    trained = np.stack(list(ImageFiles(sorted(tmp_path.iterdir()))))
    assert trained.max() >= (127 if bits == 9 else 254)
    np.testing.assert_array_equal(trained, pictures >> (bits + 1 & ~1) - 8)
    np.testing.assert_array_equal(as_streamed(tmp_path), trained)


@pytest.mark.parametrize("suffix", [".png", ".pgm", ".tif"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_gray_of_any_depth_is_stretched_alike(tmp_path, suffix, bits):
    pictures = values("uint16", False, low=0, high=2**bits - 1, count=2)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(tmp_path / f"{number}{suffix}"), picture)
    trained = np.stack(list(ImageFiles(sorted(tmp_path.iterdir()))))
    np.testing.assert_array_equal(trained, expected(pictures))
    np.testing.assert_array_equal(as_streamed(tmp_path), trained)


@pytest.mark.parametrize("write", [write_stack, write_folder])
@pytest.mark.parametrize("colours", [False, True], ids=["gray", "rgb"])
@pytest.mark.parametrize("what", [np.nan, np.inf, -np.inf])
def test_one_pixel_that_is_no_number_changes_no_other(tmp_path, write, colours, what):
    pictures = values("float32", colours, low=0, high=1000)
    pictures[3, 5, 5] = what
    place = write(tmp_path / "set", pictures)
    streamed = as_streamed(place / "s.tif" if write is write_stack else place)
    np.testing.assert_array_equal(streamed, expected(pictures))
    assert (streamed[3, 5, 5] == (255 if what == np.inf else 0)).all()
    if write is write_stack:
        video = open_data(f"tiff:{place}", split="all").videos[0]
        np.testing.assert_array_equal(np.stack([video.frame(index) for index in range(6)]), streamed)
    else:
        np.testing.assert_array_equal(np.stack(list(ImageFiles(sorted(place.iterdir())))), streamed)


@pytest.mark.parametrize(("low", "span"), [(0, 0.05), (0.4, 0.05), (-0.1, 0.2), (0, 1.0), (1e6, 3), (0, 1e-6)])
def test_floats_of_any_span_use_all_grey_levels(low, span):
    picture = (low + span * np.random.default_rng(0).random((60, 60))).astype(np.float32)
    shown = stretch(picture, value_range([picture]))
    assert shown.min() == 0 and shown.max() == 255 and len(np.unique(shown)) > (200 if span < 3 else 10)


@pytest.mark.parametrize("kind", ["float32", "uint16", "int64"])
@pytest.mark.parametrize("value", [0, 7])
def test_a_picture_of_one_value_or_of_nan_alone_is_black_and_no_error(kind, value):
    flat = np.full(SHAPE, value, kind)
    assert not stretch(flat, value_range([flat])).any()
    nothing = np.full(SHAPE, np.nan, np.float32)
    assert not stretch(nothing, value_range([nothing])).any()


def test_a_single_deep_image_is_read_as_a_folder_of_one(tmp_path):
    picture = values("uint16", True, low=0, high=4095, count=1)[0]
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), ImageFiles([tmp_path / "a.png"])[0])


def test_deep_images_after_one_of_8_bits_are_refused_alike(tmp_path):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros(SHAPE, np.uint8))
    cv2.imwrite(str(tmp_path / "1.png"), np.full(SHAPE, 999, np.uint16))
    with pytest.raises(DataError, match=r"1\.png is deeper \(uint16\) than .*0\.png \(8 bits\); use one depth"):
        ImageFiles(sorted(tmp_path.iterdir()))[1]
    with pytest.raises(SourceError, match=r"1\.png is deeper"):
        as_streamed(tmp_path)


def png_of_deep_colours(width, height):
    """A PNG of 16-bit colours that claims any size and holds next to nothing."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def test_deep_pictures_that_claim_to_be_enormous_are_refused_unread(tmp_path):
    (tmp_path / "a.png").write_bytes(png_of_deep_colours(50_000, 50_000))
    (tmp_path / "b.ppm").write_bytes(b"P6 50000 50000 65535 " + bytes(100))
    for name in ("a.png", "b.ppm"):
        with pytest.raises(SourceError, match=rf"{name} is too large \(2500000000 pixels"):
            as_streamed(tmp_path / name)
        with pytest.raises(DataError, match=rf"{name} says that it is 50000x50000"):
            read_image(tmp_path / name)


def test_a_damaged_tiff_is_one_error_and_prints_nothing(tmp_path, capfd):
    tifffile.imwrite(tmp_path / "a.tif", values("float64", True, count=1)[0], photometric="rgb")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    for place in (10, 22, 34, 46):
        data[place + 2] = 99
    (tmp_path / "a.tif").write_bytes(bytes(data))
    with pytest.raises(SourceError, match=r"a\.tif is not an image or is damaged"):
        as_streamed(tmp_path / "a.tif")
    assert capfd.readouterr().err == ""

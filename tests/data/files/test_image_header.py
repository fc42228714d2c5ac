"""Sizes from headers, against Pillow; images that claim to be enormous are refused unread."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from seqseg.data.files.decoding import read_image, read_label_values
from seqseg.data.files.image_header import image_size
from seqseg.errors import DataError

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (31, 45, 3), np.uint8))


def encoded(kind, image=PICTURE, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


FILES = {
    "png": encoded("PNG"), "jpg": encoded("JPEG"), "progressive.jpg": encoded("JPEG", progressive=True),
    "bmp": encoded("BMP"), "tif": encoded("TIFF"), "lzw.tif": encoded("TIFF", compression="tiff_lzw"),
    "webp": encoded("WEBP"), "lossless.webp": encoded("WEBP", lossless=True),
    "alpha.webp": encoded("WEBP", PICTURE.convert("RGBA").rotate(9)), "ppm": encoded("PPM"),
    "pgm": encoded("PPM", PICTURE.convert("L")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_header_gives_the_size(name):
    assert image_size(FILES[name]) == (31, 45)


@pytest.mark.parametrize("options", [{"bigtiff": True}, {"byteorder": ">"}, {"bigtiff": True, "byteorder": ">"}])
def test_every_kind_of_tiff_tells_its_size(options):
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((31, 45), np.uint8), **options)
    assert image_size(file.getvalue()) == (31, 45)


def test_what_is_no_image_has_no_size():
    assert image_size(b"a poem") is None and image_size(b"") is None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("length", [3, 9, 13, 17, 21, 25])
def test_a_header_that_is_cut_raises_nothing(name, length):
    assert image_size(FILES[name][:length]) in (None, (31, 45))


def bombs():
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n\0\0\0\r" + chunk + struct.pack(">I", zlib.crc32(chunk)) + FILES["png"][33:]
    jpg = bytearray(FILES["jpg"])
    place = jpg.index(b"\xff\xc0")
    jpg[place + 5 : place + 9] = struct.pack(">HH", 50_000, 50_000)
    bmp = FILES["bmp"][:18] + struct.pack("<ii", 50_000, 50_000) + FILES["bmp"][26:]
    tif = bytearray(FILES["tif"])
    start = struct.unpack_from("<I", tif, 4)[0]
    for entry in range(start + 2, len(tif) - 12, 12):
        if struct.unpack_from("<H", tif, entry)[0] in (256, 257):
            tif[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, 50_000)
    return {"png": png, "jpg": bytes(jpg), "bmp": bmp, "tif": bytes(tif), "pgm": b"P5 50000 50000 255 "}


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif", "pgm"])
@pytest.mark.parametrize("read", [read_image, read_label_values])
def test_an_image_of_fifty_thousand_squared_is_refused_by_its_header(tmp_path, suffix, read):
    path = tmp_path / f"bomb.{suffix}"
    path.write_bytes(bombs()[suffix])
    with pytest.raises(DataError, match=rf"bomb.{suffix} says that it is 50000x50000 .*SEQSEG_MAX_PIXELS"):
        read(path)


def test_the_limit_is_the_users(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(FILES["png"])
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", str(31 * 45 - 1))
    with pytest.raises(DataError, match="more than the 1,394 pixels"):
        read_image(tmp_path / "a.png")
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", str(31 * 45))
    assert read_image(tmp_path / "a.png").shape == (31, 45, 3)
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", "lots")
    with pytest.raises(DataError, match="SEQSEG_MAX_PIXELS must be a whole number"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_a_cut_file_of_every_format_is_an_error_that_names_it(tmp_path, name, share, capfd):
    path = tmp_path / f"cut.{name}"
    path.write_bytes(FILES[name][: int(share * len(FILES[name]))])
    for read in (read_image, read_label_values):
        with pytest.raises(DataError, match=rf"cut.{name}"):
            read(path)
    assert capfd.readouterr().err == ""


def test_a_jpeg_cut_behind_its_thumbnail_is_cut(tmp_path):
    exif = Image.Exif()
    thumbnail = encoded("JPEG", PICTURE.resize((900, 700)), quality=99)[:60_000] + b"\xff\xd9"
    whole = encoded("JPEG", exif=exif)
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[:2] + segment + whole[2:-40])
    with pytest.raises(DataError, match="truncated"):
        read_image(path)

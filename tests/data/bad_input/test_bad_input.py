"""Broken files in sound sets: an error that names the file, or with --skip-bad a list, and the rest read right.

`docs/bad_input.md` lists them all; `test_bad_sets.py` breaks whole layouts, `test_fuzz.py` breaks bytes at random.
"""

import json
import os
import struct
import zlib

import cv2
import numpy as np
import pytest

from seqseg.errors import DataError
from streams.errors import SourceError
from tests.data.sound_sets import (
    FRAMES,
    HEIGHT,
    WIDTH,
    image,
    in_time,
    label,
    read_all,
    require_right,
    without_broken,
    write,
    write_folders,
)

BROKEN = 2  # the frame that each case breaks, in the middle of the video


def cut(path, part=0.5):
    """Only the beginning of a file is left."""
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])


def png_header(width, height, *, depth=8, colour=2):
    """A PNG that ends after a few bytes of data."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def jpeg_header(width, height):
    data = bytearray(cv2.imencode(".jpg", image(0))[1].tobytes())
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp_header(width, height):
    data = bytearray(cv2.imencode(".bmp", image(0))[1].tobytes())
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def tiff_header(width, height):
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height),
               (279, 4, width * height % 2**32)]  # fmt: skip
    packed = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + packed + bytes(64)


def put(content):
    """Breaks a file by putting bytes in its place."""
    return lambda path: path.write_bytes(content)


def instead(make):
    """Breaks a file by taking it away and letting `make` put something there."""

    def change(path):
        path.unlink()
        make(path)

    return change


def save(picture):
    """Breaks a file by writing another picture."""
    return lambda path: write(path, picture)


def run_lengths(counts, size=(HEIGHT, WIDTH), **more):
    return lambda path: path.write_text(json.dumps({"size": list(size), "counts": counts} | more))


BROKEN_IMAGES = {
    **{f"cut {suffix}": (suffix, cut) for suffix in (".png", ".jpg", ".tif", ".bmp", ".webp", ".ppm")},
    **{f"cut to its header {suffix}": (suffix, lambda path: cut(path, 0.1)) for suffix in (".png", ".jpg", ".webp")},
    "no bytes": (".png", put(b"")),
    "no bytes jpg": (".jpg", put(b"")),
    "text": (".png", put(b"this is no picture\n")),
    "a web page": (".jpg", put(b"<!DOCTYPE html><html>404 not found</html>")),
    "zeros": (".png", put(bytes(500))),
    "only a PNG's first bytes": (".png", put(b"\x89PNG\r\n\x1a\n")),
    "a zipped file": (".png", put(zlib.compress(bytes(999)))),
    "bomb png": (".png", put(png_header(50_000, 50_000))),
    "bomb jpg": (".jpg", put(jpeg_header(50_000, 50_000))),
    "bomb bmp": (".bmp", put(bmp_header(50_000, 50_000))),
    "bomb tif": (".tif", put(tiff_header(50_000, 50_000))),
    "bomb ppm": (".ppm", put(b"P6 50000 50000 255\n" + bytes(99))),
    "a png of no pixels": (".png", put(png_header(0, 0))),
    "a ppm of no pixels": (".ppm", put(b"P6 0 0 255\n")),
    "a png without enough data": (".png", put(png_header(14, 9))),
    "a png of 3 bits": (".png", put(png_header(14, 9, depth=3))),
    "a link to nothing": (".png", instead(lambda path: path.symlink_to("nowhere.png"))),
    "a link to itself": (".png", instead(lambda path: path.symlink_to(path.name))),
    "a pipe": (".png", instead(os.mkfifo)),
    "unreadable": (".png", lambda path: path.chmod(0)),
}


BROKEN_MASKS = {
    "cut png": (".png", cut),
    "cut tif": (".tif", cut),
    "cut bmp": (".bmp", cut),
    "cut npy": (".npy", cut),
    "no bytes": (".png", put(b"")),
    "no bytes npy": (".npy", put(b"")),
    "text": (".png", put(b"no mask")),
    "text npy": (".npy", put(b"no mask")),
    "bomb png": (".png", put(png_header(50_000, 50_000, colour=0))),
    "bomb tif": (".tif", put(tiff_header(50_000, 50_000))),
    "a label beyond the classes": (".png", save(np.full((HEIGHT, WIDTH), 7, np.uint8))),
    "one pixel beyond the classes": (".png", save(label(BROKEN) + 253 * np.eye(HEIGHT, WIDTH, 13, dtype=np.uint8))),
    "labels of 16 bits": (".png", save(np.full((HEIGHT, WIDTH), 257, np.uint16))),
    "colours of no class": (".png", save(np.dstack([label(BROKEN), 9 * label(BROKEN), label(BROKEN)]))),
    "an RGBA picture": (".png", save(np.dstack([image(BROKEN), label(BROKEN)]) + np.uint8([3, 0, 0, 0]))),
    "halves": (".tif", save(np.full((HEIGHT, WIDTH), 0.5, np.float32))),
    "not a number": (".tif", save(np.full((HEIGHT, WIDTH), np.nan, np.float32))),
    "halves npy": (".npy", save(np.full((HEIGHT, WIDTH), 0.5))),
    "negative npy": (".npy", save(np.full((HEIGHT, WIDTH), -1))),
    "huge npy": (".npy", save(np.full((HEIGHT, WIDTH), 2**40))),
    "complex npy": (".npy", save(np.zeros((HEIGHT, WIDTH), complex))),
    "of three axes npy": (".npy", save(np.zeros((HEIGHT, WIDTH, 3), np.uint8))),
    "of one axis npy": (".npy", save(np.zeros(HEIGHT * WIDTH, np.uint8))),
    "of no pixels npy": (".npy", save(np.zeros((0, WIDTH), np.uint8))),
    "a lie about its shape npy": (
        ".npy",
        lambda path: path.write_bytes(path.read_bytes().replace(b"(9, 14)", b"(9, 99)")),
    ),
    "objects npy": (".npy", lambda path: np.save(path, np.array([[{}]]), allow_pickle=True)),
    "turned": (".png", save(label(BROKEN).T.copy())),
    "a row too few": (".png", save(label(BROKEN)[:-1])),
    "of one pixel": (".png", save(np.zeros((1, 1), np.uint8))),
    "run lengths too short": (".json", run_lengths([10, 20])),
    "run lengths too long": (".json", run_lengths([10, 20, 1000])),
    "negative run lengths": (".json", run_lengths([200, -100, 26])),
    "run lengths of halves": (".json", run_lengths([100.5, 25.5])),
    "run lengths of words": (".json", run_lengths(["a", "b"])),
    "run lengths of another size": (".json", run_lengths([35 * 10], size=(35, 10))),
    "a bomb of run lengths": (".json", run_lengths([50_000 * 50_000], size=(50_000, 50_000))),
    "a negative size": (".json", run_lengths([126], size=(-9, -14))),
    "damaged compressed run lengths": (".json", run_lengths("\x01\x02~~~~")),
    "run lengths of a class beyond": (".json", run_lengths([0, 126], category_id=9)),
    "cut json": (".json", lambda path: path.write_text('{"size": [9, 14], "counts": [1')),
    "json of something else": (".json", lambda path: path.write_text("[1, 2, 3]")),
    "json without end": (".json", lambda path: path.write_text("[" * 100_000)),
    "json that is not UTF-8": (".json", put(b'{"size": "\xff\xfe"}')),
    "a link to nothing": (".png", instead(lambda path: path.symlink_to("nowhere.png"))),
    "a link to itself": (".png", instead(lambda path: path.symlink_to(path.name))),
    "a pipe": (".png", instead(os.mkfifo)),
    "a pipe npy": (".npy", instead(os.mkfifo)),
    "unreadable": (".png", lambda path: path.chmod(0)),
}


def write_masks_of(root, suffix):
    """Folders whose masks are of this kind."""
    if suffix != ".json":
        return write_folders(root, mask_suffix=suffix)
    source = write_folders(root)
    for index in range(FRAMES):
        (root / "masks" / f"{index}.png").unlink()
        counts = [0, HEIGHT * 7, HEIGHT * 7] if index % 2 else [HEIGHT * 7, HEIGHT * 7]
        run_lengths(counts)(root / "masks" / f"{index}.json")
    return source


def require_named(source, path):
    """Without --skip-bad: one line that names the file and the option."""
    with pytest.raises((DataError, SourceError)) as raised:
        in_time(read_all, source)
    message = str(raised.value)
    assert str(path) in message and "--skip-bad" in message
    assert len(message.splitlines()) == 1 and message.isprintable()


def break_it(path, change):
    if change is BROKEN_IMAGES["unreadable"][1] or change is BROKEN_MASKS["unreadable"][1]:
        change(path)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything, so nothing is unreadable")
    else:
        change(path)


@pytest.mark.parametrize("case", BROKEN_IMAGES)
def test_a_broken_image_is_named_or_left_out_and_the_rest_is_right(tmp_path, case):
    suffix, change = BROKEN_IMAGES[case]
    source = write_folders(tmp_path, image_suffix=suffix)
    path = tmp_path / "images" / f"{BROKEN}{suffix}"
    break_it(path, change)
    require_named(source, path)
    data, items = in_time(without_broken, source)
    assert [str(path) in item for item in items] == [True]
    assert [len(video) for video in data.videos] == [BROKEN, FRAMES - BROKEN - 1]
    assert require_right(data) == (FRAMES - 1, FRAMES - 1)


@pytest.mark.parametrize("case", BROKEN_MASKS)
def test_a_broken_mask_is_named_or_left_out_and_the_rest_is_right(tmp_path, case):
    suffix, change = BROKEN_MASKS[case]
    source = write_masks_of(tmp_path, suffix)
    path = tmp_path / "masks" / f"{BROKEN}{suffix}"
    break_it(path, change)
    require_named(source, path)
    data, items = in_time(without_broken, source)
    assert [str(path) in item for item in items] == [True]
    assert [len(video) for video in data.videos] == [FRAMES]
    assert require_right(data) == (FRAMES, FRAMES - 1)


def test_an_image_of_another_size_is_named_or_the_video_is_cut(tmp_path):
    source = write_folders(tmp_path)
    write(tmp_path / "images/2.png", image(2, (5, 6)))
    write(tmp_path / "masks/2.png", label(2, (5, 6)))
    data, items = without_broken(source)
    assert [len(video) for video in data.videos] == [2, 1, 3] and len(items) == 2
    assert all("images/" in item for item in items)
    assert require_right(data) == (FRAMES, FRAMES)

"""Bytes changed at random: a file gives a picture or an error of ours, never anything else, and never hangs."""

import json
import logging
import os
import random

import numpy as np
import pytest
from scipy.io import savemat

from seqseg.data.files.decoding import read_image
from seqseg.data.files.label_stack import open_stack
from seqseg.data.kinds.list import open_list
from seqseg.data.kinds.moving_mnist import read_idx
from seqseg.data.kinds.voc.sbd_files import read_segmentation
from seqseg.data.labels.class_list import read_class_list
from seqseg.data.labels.values import read_label_values
from seqseg.data.left_out import LeftOut
from seqseg.data.objects.annotations import read_coco
from seqseg.data.objects.video_json import read_video_json
from seqseg.data.records.index import read_index
from seqseg.data.selection.opening import SetOpener
from seqseg.errors import DataError
from streams.errors import SourceError
from tests.data import sound_sets as sound
from tests.data.sound_sets import image, in_time, label, write

TIMES = 300


def spoilt(data, rng):
    """The bytes with some changed, left out, put in, or the end cut away."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(len(data)) if data else 0
        kind = rng.random()
        if kind < 0.5 and data:
            data[place] ^= 1 << rng.randrange(8)
        elif kind < 0.75 and data:
            data[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind < 0.85:
            del data[place:]
        elif kind < 0.95:
            del data[place : place + rng.randrange(1, 9)]
        else:
            data[place:place] = rng.randbytes(rng.randrange(1, 9))
    return bytes(data)


def images(tmp_path):
    return [
        (write(tmp_path / f"a{suffix}", image(0)), read_image)
        for suffix in (".png", ".jpg", ".bmp", ".tif", ".webp", ".ppm")
    ]


def deep_images(tmp_path):
    gray = label(1).astype(np.uint16) * 257
    return [(write(tmp_path / f"deep{suffix}", gray), read_image) for suffix in (".png", ".tif", ".pgm")]


def masks(tmp_path):
    found = [
        (write(tmp_path / f"m{suffix}", label(0)), read_label_values) for suffix in (".png", ".bmp", ".tif", ".npy")
    ]
    (tmp_path / "m.json").write_text(json.dumps({"size": [9, 14], "counts": [63, 63], "category_id": 2}))
    return [*found, (tmp_path / "m.json", read_label_values)]


def palettes(tmp_path):
    from PIL import Image

    found = []
    for suffix in (".png", ".bmp", ".tif"):
        picture = Image.fromarray(label(0)).convert("P")
        picture.putpalette([9, 8, 7, 200, 100, 50])
        picture.save(tmp_path / f"p{suffix}")
        found.append((tmp_path / f"p{suffix}", read_label_values))
    return found


def stacks(tmp_path):
    import tifffile

    pages = np.stack([label(index) for index in range(4)])
    tifffile.imwrite(tmp_path / "s.tif", pages, photometric="minisblack")
    tifffile.imwrite(tmp_path / "z.tif", pages, photometric="minisblack", compression="zlib")
    np.save(tmp_path / "s.npy", pages)
    read = lambda path: [np.array(page) for page in open_stack(path)]  # noqa: E731
    return [(tmp_path / name, read) for name in ("s.tif", "z.tif", "s.npy")]


def tables(tmp_path):
    sound.write_coco(tmp_path / "coco")
    sound.write_youtube_vis(tmp_path / "vis")
    sound.write_list(tmp_path / "list")
    (tmp_path / "names").mkdir()
    (tmp_path / "names/classes.txt").write_text("void 0 0 0\nwater 10 20 30\nice 255 0 9\n")
    skip = lambda: LeftOut(skip=True)  # noqa: E731
    return [
        (tmp_path / "coco/annotations/instances_val2017.json", lambda path: read_coco(path, skip())),
        (tmp_path / "vis/valid/instances.json", lambda path: read_video_json(path, skip())),
        (tmp_path / "list/list.csv", lambda path: open_list(str(path), split="all", left_out=skip())),
        (tmp_path / "names/classes.txt", lambda path: read_class_list(path.parent)),
    ]


def digits(tmp_path):
    import gzip
    import struct

    packed = struct.pack(">4I", 0x803, 3, 28, 28) + bytes(3 * 28 * 28)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(packed))
    read = lambda path: read_idx(path.parent, "train-images", 3)  # noqa: E731
    return [(tmp_path / "train-images-idx3-ubyte.gz", read)]


def mats(tmp_path):
    held = {"GTcls": {"Boundaries": [], "Segmentation": label(0), "CategoriesPresent": [1]}}
    savemat(tmp_path / "a.mat", held, do_compression=True)
    savemat(tmp_path / "b.mat", held)
    return [(tmp_path / name, read_segmentation) for name in ("a.mat", "b.mat")]


def records(tmp_path):
    (tmp_path / "packed").mkdir()
    source = sound.write_records(tmp_path / "packed")
    read = lambda _: SetOpener(skip=True).open(source, split="all")  # noqa: E731
    return [
        (tmp_path / "packed/index.json", lambda path: read_index(path.parent)),
        (tmp_path / "packed/all-00001-of-00003.array_record", read),
    ]


SLOWER = {tables: 3, stacks: 3, records: 15}
FORMATS = (images, deep_images, masks, palettes, stacks, tables, digits, mats, records)


@pytest.fixture
def quick(monkeypatch, caplog):
    """No time is lost on what merely claims to be large, nor on what tifffile has to say."""
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", str(2**16))
    caplog.set_level(logging.CRITICAL, "tifffile")


def fuzz(formats, tmp_path, times, seed):
    rng = random.Random(seed)
    read_ones = refused = 0
    for path, read in formats(tmp_path):
        sound_bytes = path.read_bytes()
        for number in range(times):
            data = spoilt(sound_bytes, rng)
            path.write_bytes(data)
            # caches go by the time of change, which may be too coarse
            os.utime(path, ns=(number * 10**9, number * 10**9))
            try:
                read(path)
                read_ones += 1
            except (DataError, SourceError) as error:
                refused += 1
                assert len(str(error).splitlines()) == 1, f"{path.name}: {error!r}"
            except Exception as error:
                raise AssertionError(f"{path.name}, spoilt {number} of seed {seed}: {error!r}") from error
        path.write_bytes(sound_bytes)
    return read_ones, refused


@pytest.mark.parametrize("formats", FORMATS, ids=lambda formats: formats.__name__)
def test_spoilt_bytes_give_a_picture_or_an_error_of_ours(tmp_path, formats, quick):
    times = TIMES // SLOWER.get(formats, 1)
    read, refused = in_time(fuzz, formats, tmp_path, times, 0, seconds=120)
    assert read + refused and refused


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("formats", FORMATS, ids=lambda formats: formats.__name__)
def test_many_more_damaged_bytes(tmp_path, formats, seed, quick):
    in_time(fuzz, formats, tmp_path, 2000 // SLOWER.get(formats, 1), seed, seconds=600)


def test_a_damaged_mask_is_seldom_read_as_another_and_never_as_no_class(tmp_path):
    """A PNG has checksums: what is read of a damaged one is what was written, or was changed outside of its pixels."""
    path, rng = write(tmp_path / "m.png", label(0)), random.Random(5)
    sound_bytes = path.read_bytes()
    for _ in range(TIMES):
        path.write_bytes(spoilt(sound_bytes, rng))
        try:
            values = read_label_values(path)
        except DataError:
            continue
        assert values.shape == label(0).shape
        np.testing.assert_array_equal(values, label(0))

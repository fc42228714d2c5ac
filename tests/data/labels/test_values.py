"""Label files of every format, written with and compared to Pillow, tifffile and pycocotools."""

import json
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from seqseg.data.files.decoding import LabelFiles, read_label_values
from seqseg.data.labels.meaning import IndexLabels, InstanceLabels
from seqseg.errors import DataError


@pytest.fixture
def indices():
    return np.random.default_rng(0).integers(0, 256, (13, 17), np.uint8)


def with_palette(values):
    image = Image.frombytes("P", values.shape[::-1], values.tobytes())
    image.putpalette(np.random.default_rng(1).integers(0, 256, 768).tolist())
    return image


def interlaced_png(values, bits):
    """A palette PNG in Adam7's seven passes, which Pillow reads but does not write."""
    rows = b""
    for x, y, dx, dy in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        for row in values[y::dy, x::dx]:
            shifts = np.arange(bits)[::-1]
            rows += b"\0" + np.packbits((row[:, None] >> shifts) & 1).tobytes() if len(row) else b""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, 3, 0, 0, 1)
    palette = np.random.default_rng(1).integers(0, 256, 3 * 2**bits, np.uint8).tobytes()
    body = chunk(b"IHDR", header) + chunk(b"PLTE", palette) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_an_interlaced_palette_png_gives_its_indices(tmp_path, indices, bits):
    values = indices >> (8 - bits)
    (tmp_path / "a.png").write_bytes(interlaced_png(values, bits))
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.png"), values)
    np.testing.assert_array_equal(np.array(Image.open(tmp_path / "a.png")), values)


@pytest.mark.parametrize(("suffix", "options"), [("bmp", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"})])
def test_palette_files_of_other_formats_give_their_indices(tmp_path, indices, suffix, options):
    with_palette(indices).save(tmp_path / f"a.{suffix}", **options)
    np.testing.assert_array_equal(read_label_values(tmp_path / f"a.{suffix}"), indices)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "pgm"])
def test_bilevel_files_are_0_and_1(tmp_path, indices, suffix):
    Image.fromarray(indices > 99).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_label_values(tmp_path / f"a.{suffix}"), indices > 99)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_tiff_labels_of_any_width_are_as_written(tmp_path, kind, byteorder, compression):
    values = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (13, 17)).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", values, byteorder=byteorder, compression=compression)
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.tif"), values)


def test_a_gray_palette_with_transparency_gives_one_channel(tmp_path, indices):
    Image.fromarray(indices).save(tmp_path / "a.png", transparency=3)
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.png"), indices)


def test_the_real_palette_files_read_as_pillow_reads_their_indices(shared_data):
    paths = sorted((shared_data / "fixtures" / "mmseg_fixtures").rglob("*.png"))
    paths = [path for path in paths if "leftImg8bit" not in path.name]
    assert len(paths) == 9
    for path in paths:
        np.testing.assert_array_equal(read_label_values(path), np.array(Image.open(path)))


@pytest.mark.parametrize("kind", ["bool", "uint8", "int64", "uint16"])
def test_npy_masks_are_as_saved(tmp_path, indices, kind):
    np.save(tmp_path / "a.npy", indices.astype(kind))
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.npy"), indices.astype(kind))


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        (np.zeros((4, 5), "float32"), "holds float32, not whole numbers"),
        (np.zeros((4, 5, 3), "uint8"), r"has the shape \(4, 5, 3\)"),
        (np.zeros((0, 5), "uint8"), r"has the shape \(0, 5\)"),
        (np.array([None]), "cannot read the mask"),
    ],
)
def test_npy_files_that_are_no_masks_are_named(tmp_path, saved, said):
    np.save(tmp_path / "a.npy", saved, allow_pickle=True)
    with pytest.raises(DataError, match=said) as raised:
        read_label_values(tmp_path / "a.npy")
    assert "a.npy" in str(raised.value)


@pytest.mark.parametrize("keep", [0, 5, 60, 200])
def test_a_cut_npy_file_is_named(tmp_path, indices, keep):
    np.save(tmp_path / "a.npy", indices)
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:keep])
    with pytest.raises(DataError, match=r"cannot read the mask .*a.npy"):
        read_label_values(tmp_path / "a.npy")


def test_a_json_of_run_lengths_paints_one_category_over_the_other(tmp_path):
    from pycocotools import mask

    rng = np.random.default_rng(3)
    first, second = rng.random((9, 14)) > 0.5, rng.random((9, 14)) > 0.8
    runs = [mask.encode(np.asfortranarray(one.astype(np.uint8))) for one in (first, second)]
    entries = [
        {"category_id": number, "segmentation": {"size": one["size"], "counts": one["counts"].decode()}}
        for number, one in zip((3, 700), runs, strict=True)
    ]
    (tmp_path / "a.json").write_text(json.dumps(entries))
    expected = np.where(second, 700, np.where(first, 3, 0))
    np.testing.assert_array_equal(read_label_values(tmp_path / "a.json"), expected)


@pytest.mark.parametrize("text", ["", "[]", "{", "3", '{"size": [2, 2], "counts": [3]}', '{"size": [2, 2]}',
                                  '{"size": [90000, 90000], "counts": [8100000000]}', "[" * 100000])  # fmt: skip
def test_a_json_that_holds_no_mask_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DataError, match=r"a\.json"):
        read_label_values(tmp_path / "a.json")


def test_cityscapes_instances_are_their_label_ids(shared_data):
    folder = shared_data / "fixtures/mmseg_fixtures/pseudo_cityscapes_dataset/gtFine"
    (ids,), (instances,) = (sorted(folder.glob(f"*_{kind}.png")) for kind in ("labelIds", "instanceIds"))
    meaning = InstanceLabels(IndexLabels(34), 1000, plain_below=1000)
    np.testing.assert_array_equal(LabelFiles([instances], meaning)[0], np.array(Image.open(ids)))

"""What concerns a whole set is an error also with leave to skip; files of a set in an unusual or damaged form."""

import gzip
import struct

import pytest

from seqseg.data import open_data
from seqseg.errors import DataError
from tests.data import sound_sets as sound
from tests.data.bad_input.breaking import JSON, VIS, cut, empty, flip, header, lossy_masks, remove
from tests.data.bad_input.test_bad_sets import EVERY, _folder
from tests.data.sound_sets import FRAMES, change_json, in_time, read_all, require_right, without_broken

WHOLE = {
    ("list", "no column of images"): ("list.csv", header("picture,mask,video,frame"), "no column `image`"),
    ("list", "a column twice"): ("list.csv", header("image,mask,mask,frame"), "names a column twice"),
    ("list", "not UTF-8"): ("list.csv", lambda path: path.write_bytes(b"image,mask\n\xff\xfe,b\n"), "not UTF-8"),
    ("list", "no lines"): ("list.csv", lambda path: path.write_text("image,mask\n"), "lists no images"),
    ("list", "no bytes"): ("list.csv", empty, "is empty"),
    ("list", "not there"): ("list.csv", remove, "cannot read the list"),
    ("coco", "cut json"): (JSON, cut, "is no json"),
    ("coco", "json without end"): (JSON, lambda path: path.write_text("[" * 100_000), "is no json"),
    ("coco", "a category twice"): (
        JSON, lambda path: change_json(path, lambda held: held["categories"].append({"id": 7, "name": "x"})), "twice"),
    ("coco", "no categories"): (JSON, lambda path: change_json(path, lambda held: held.pop("categories")), "no cat"),
    ("coco", "a list"): (JSON, lambda path: path.write_text("[]"), "not COCO's json"),
    ("cdnet", "a range that makes no sense"): ("temporalROI.txt", lambda path: path.write_text("9 3"), "470 1700"),
    ("mapillary", "a cut config"): ("config.json", cut, "invalid config"),
    ("youtube_vis", "a cut json"): (VIS, cut, "is no json"),
    ("records", "a cut index"): ("index.json", cut, "index.json"),
    ("records", "an index of something else"): ("index.json", lambda path: path.write_text("{}"), "index.json"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "wrong"), WHOLE)
def test_what_concerns_a_whole_set_is_an_error_also_with_leave_to_skip(tmp_path, kind, wrong):
    root = _folder(tmp_path)
    name, change, said = WHOLE[kind, wrong]
    source = EVERY[kind](root)
    change(root / name)
    for open_it in (read_all, without_broken):
        with pytest.raises(DataError, match=said) as raised:
            in_time(open_it, source)
        assert len(str(raised.value).splitlines()) == 1


def test_bytes_changed_in_a_shard_are_named_and_never_read_as_other_labels(tmp_path):
    source = sound.write_records(_folder(tmp_path))
    shard = tmp_path / "set/all-00001-of-00003.array_record"
    flip(shard)
    data, items = without_broken(f"{source},verify=1")
    assert any(str(shard) in item for item in items) and require_right(data)[0] == 12
    with pytest.raises(DataError, match="SHA-256"):
        read_all(f"{source},verify=1")


def test_a_mask_movie_of_a_lossy_codec_is_never_taken_for_classes(tmp_path):
    source = sound.write_movies(_folder(tmp_path))
    (tmp_path / "set/a_mask.mkv").unlink()
    lossy_masks(tmp_path / "set/a_mask.avi")
    with pytest.raises(DataError, match="a_mask.avi.*has label"):
        read_all(source)
    assert require_right(without_broken(source)[0])[1] == FRAMES


def test_a_byte_order_mark_before_a_list_is_no_column(tmp_path):
    source = sound.write_list(_folder(tmp_path))
    path = tmp_path / "set/list.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert require_right(read_all(source)) == (FRAMES, FRAMES)


def test_absolute_paths_in_a_list_are_meant(tmp_path):
    source = sound.write_list(_folder(tmp_path))
    path = tmp_path / "set/list.csv"
    path.write_text(path.read_text().replace("images/", f"{tmp_path}/set/images/"))
    assert require_right(read_all(source)) == (FRAMES, FRAMES)


def idx(shape, data):
    return struct.pack(">I", 0x800 + len(shape)) + struct.pack(f">{len(shape)}I", *shape) + data


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(idx((9, 28, 28), bytes(9 * 28 * 28)))[:40],
        gzip.compress(idx((9, 28, 28), bytes(100))),
        gzip.compress(idx((9, 28, 28), bytes(20_000_000))),  # 20 kB that become 20 MB
        gzip.compress(b"\0\0\x08\x01" + bytes(99)),
        gzip.compress(b"\0"),
        b"no gzip",
        b"",
    ],
    ids=["cut", "too short", "a bomb", "another magic", "one byte", "text", "empty"],
)
def test_damaged_digits_are_named(tmp_path, content):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match="train-images-idx3-ubyte.gz") as raised:
        open_data(f"moving_mnist:{tmp_path},videos=1")
    assert len(str(raised.value).splitlines()) == 1

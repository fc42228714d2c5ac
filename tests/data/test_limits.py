"""Files that claim too much: one error, bounded memory and time."""

import base64
import json
import resource
import zlib

import cv2
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.limits import is_decimal, is_whole
from seqseg.data.opening import open_splits
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe
from seqseg.data.records.frame import INDICES, PLANES, BadRecord, decode_image, decode_label, encode_label
from seqseg.errors import DataError, SeqsegError


def buffer(data):
    return np.frombuffer(data, np.uint8)


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setenv("SEQSEG_MAX_PIXELS", "1000000")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_in_a_record_has_the_limit_of_a_picture_in_a_file(small_limit, suffix):
    picture = buffer(cv2.imencode(suffix, np.zeros((2000, 2000), np.uint8))[1].tobytes())
    with pytest.raises(BadRecord, match="2000x2000, more pixels"):
        decode_image(picture)
    with pytest.raises(BadRecord, match="2000x2000, more pixels"):
        decode_label(picture, INDICES)


def test_bit_planes_in_a_record_have_it_too(small_limit):
    label, _ = encode_label(np.zeros((2000, 2000, 2), np.uint8))
    with pytest.raises(BadRecord, match="2000x2000 of 2 bytes"):
        decode_label(buffer(label), PLANES)
    deep = bytearray(encode_label(np.ones((3, 4, 2), np.uint8))[0])
    deep[:4], deep[4:8], deep[8:10] = (1000).to_bytes(4, "little"), (999).to_bytes(4, "little"), b"\xff\xff"
    with pytest.raises(BadRecord, match="1000x999 of 65535 bytes"):
        decode_label(buffer(bytes(deep)), PLANES)


def test_a_member_of_gzip_that_unpacks_to_more_than_a_picture_is_refused_in_little_memory(tmp_path):
    sets, _ = open_splits("shapes:videos=1,frames=2,size=24x32", ["train"])
    convert(sets, tmp_path / "tf", source="shapes", recipe=Recipe(storage="tfrecord"))
    content = json.loads((tmp_path / "tf/index.json").read_text())
    shard = content["splits"]["train"]["shards"][0]
    file = tmp_path / "tf" / shard["file"]
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(bytes(300 << 20)) + packer.flush()
    offsets = np.frombuffer(base64.b64decode(shard["offsets"]), "<u8").reshape(-1, 5).copy()
    offsets[:, 0], offsets[:, 1] = file.stat().st_size, len(bomb)
    file.write_bytes(file.read_bytes() + bomb)
    shard |= {"offsets": base64.b64encode(offsets.tobytes()).decode(), "bytes": file.stat().st_size}
    (tmp_path / "tf/index.json").write_text(json.dumps(content))
    video = open_data(f"records:{tmp_path / 'tf'}").videos[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match="unpacks to more than was stored"):
        video.frame(0)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB


LIES = {
    "more frames than bytes": lambda index: index["splits"]["train"]["shards"][0].update(frames=10**12),
    "frames that are no number": lambda index: index["splits"]["train"]["videos"][0].update(frames="2"),
    "a video of 10**15 frames": lambda index: index["splits"]["train"]["videos"][0].update(frames=10**15),
    "a colour of 300": lambda index: index["palette"].__setitem__(0, [300, 0, 0]),
    "a colour of two": lambda index: index["palette"].__setitem__(0, [3, 0]),
    "300 classes": lambda index: index.update(classes=[str(n) for n in range(300)], palette=[[0, 0, 0]] * 300),
    "classes as text": lambda index: index.update(classes="abcde"),
    "void of 1000": lambda index: index.update(void=1000),
    "multi_label as text": lambda index: index.update(multi_label="no"),
    "a quality that is infinite": lambda index: index.update(quality=float("inf")),
    "a size of three": lambda index: index.update(size=[1, 2, 3]),
    "a shard called /etc/passwd": lambda index: index["splits"]["train"]["shards"][0].update(file="/etc/passwd"),
    "a shard called with a zero": lambda index: index["splits"]["train"]["shards"][0].update(file="a\0b"),
    "splits as a list": lambda index: index.update(splits=[1]),
    "sizes that are text": lambda index: index["splits"]["train"]["videos"][0].update(size=["9", "9"]),
    "sizes of other counts": lambda index: index["splits"]["train"]["videos"][0].update(size=[[1, 9, 9]]),
    "labels beyond the end": lambda index: index["splits"]["train"]["videos"][0].update(labelled=[[0, 10**9]]),
    "a clock of none": lambda index: index["splits"]["train"]["videos"][0].update(
        times={"per_second": 0, "start": 0, "step": 1}
    ),
    "ticks that are text": lambda index: index["splits"]["train"]["videos"][0].update(
        times={"per_second": 1, "ticks": ["1", "2"]}
    ),
    "a step that is no number": lambda index: index["splits"]["train"]["videos"][0].update(
        times={"per_second": 1, "start": 0, "step": 0.5}
    ),
    "vectors of length 10**12": lambda index: index["splits"]["train"]["videos"][0].update(
        vectors={"length": 10**12, "float32": ""}
    ),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("storage", ["array_record", "tfrecord"])
def test_an_index_that_lies_is_one_error_when_it_is_opened(tmp_path, storage, lie):
    sets, _ = open_splits("shapes:videos=1,frames=2,size=24x32", ["train"])
    convert(sets, tmp_path / "packed", source="shapes", recipe=Recipe(storage=storage))
    file = tmp_path / "packed/index.json"
    content = json.loads(file.read_text())
    LIES[lie](content)
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match="makes no sense|contradicts itself|outside the folder"):
        open_data(f"records:{tmp_path / 'packed'}")


@pytest.fixture
def listed(tmp_path):
    """A list of four images, with the first line's frame and time to be given."""

    def write(frame, time):
        for index in range(4):
            cv2.imwrite(str(tmp_path / f"i{index}.png"), np.zeros((9, 9, 3), np.uint8))
            cv2.imwrite(str(tmp_path / f"m{index}.png"), np.full((9, 9), index % 2, np.uint8))
        lines = ["image,mask,video,frame,time", f"i0.png,m0.png,v,{frame},{time}"]
        lines += [f"i{index}.png,m{index}.png,v,{index},{index}" for index in range(1, 4)]
        (tmp_path / "l.csv").write_text("\n".join(lines))
        return f"list:{tmp_path / 'l.csv'}"

    return write


@pytest.mark.timeout(20)
@pytest.mark.parametrize("time", ["1e-99999999", "1e99999999", "9" * 5000, "0." + "1" * 5000, "nan", "inf", "1/3"])
def test_a_time_whose_exact_value_is_endless_is_refused_at_once(listed, time):
    with pytest.raises(DataError, match="line 2 of .*, which must be seconds") as raised:
        open_data(listed(0, time), split="all")
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("frame", ["9" * 5000, "1e5", "0x10", "²"])
def test_a_frame_of_thousands_of_digits_is_refused(listed, frame):
    with pytest.raises(DataError, match="line 2 of .*, which must be a whole number") as raised:
        open_data(listed(frame, 0), split="all")
    assert len(str(raised.value)) < 400


def test_usual_numbers_are_numbers():
    assert all(map(is_decimal, ["0", "-1", "+2.50", ".5", "3.", "1e-3", "123456789.000001"]))
    assert all(map(is_whole, ["0", "-1", "+25", "007"])) and not any(map(is_whole, ["", "-", "1.0", "1 2", "一"]))


@pytest.mark.parametrize("option", ["videos", "frames", "seed", "size"])
def test_options_of_thousands_of_digits_are_one_error(option):
    with pytest.raises(SeqsegError, match=option):
        open_data(f"shapes:{option}={'9' * 5000}")


@pytest.mark.parametrize("name", ["classes.txt", "classes.json"])
def test_more_classes_than_a_mask_has_values_for_are_one_error(tmp_path, name):
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for index in range(4):
            cv2.imwrite(str(tmp_path / kind / f"{index}.png"), np.full((9, 13), index % 2, np.uint8))
    names = [f"c{index}" for index in range(300)]
    (tmp_path / name).write_text("\n".join(names) if name == "classes.txt" else json.dumps(names))
    with pytest.raises(DataError, match=rf"{name} has 300 classes; a mask has values for 254"):
        open_data(f"folders:{tmp_path}", split="all")
    (tmp_path / name).write_text("\n".join(names[:254]) if name == "classes.txt" else json.dumps(names[:254]))
    assert len(open_data(f"folders:{tmp_path}", split="all").classes) == 254

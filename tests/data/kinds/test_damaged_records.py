"""Damaged records: what is broken is named."""

import json

import numpy as np
import pytest

from seqseg.data import LeftOut, open_data
from seqseg.data.records.verifying import verify_records
from seqseg.errors import DataError


@pytest.fixture
def own(packed, tmp_path):
    """A copy of the folder that a test may damage."""
    for path in packed[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def shard(folder, number=1, split="train"):
    return sorted(folder.glob(f"{split}-*"))[number]


def edit_index(folder, change):
    path = folder / "index.json"
    content = json.loads(path.read_text())
    change(content["splits"]["train"])
    path.write_text(json.dumps(content))


def read_all(folder, split="train"):
    for video in open_data(f"records:{folder}", split=split).videos:
        for index in range(len(video)):
            video.pair(index)


def test_a_missing_shard_is_named_at_once(own):
    path = shard(own)
    path.unlink()
    with pytest.raises(DataError, match=f"{path.name} is missing"):
        open_data(f"records:{own}")
    assert open_data(f"records:{own}", split="val").frames == 3


def test_a_truncated_shard_is_named_at_once(own):
    path = shard(own)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=rf"{path.name} has \d+ bytes instead of \d+"):
        open_data(f"records:{own}")


def flip_in_a_picture(path):
    """Change one bit of a record's payload and give its number."""
    data = bytearray(path.read_bytes())
    place = bytes(data).index(b"IDAT") + 20
    data[place] ^= 1
    path.write_bytes(data)


def test_a_changed_bit_is_found_by_its_checksum(own):
    path = shard(own)
    flip_in_a_picture(path)
    for check in (lambda: verify_records(own), lambda: open_data(f"records:{own},verify=1")):
        with pytest.raises(DataError, match=f"{path.name} has been changed"):
            check()


def test_a_changed_bit_is_found_by_who_reads_the_frame(own):
    path = shard(own)
    flip_in_a_picture(path)
    with pytest.raises(DataError, match=rf"{path.name} \((record|frame) 0\) is damaged"):
        read_all(own)
    read_all(own, split="val")


def test_two_damaged_shards_are_both_named(own):
    first, second = shard(own, 0), shard(own, 1)
    first.unlink()
    flip_in_a_picture(second)
    with pytest.raises(DataError, match=f"{first.name} is missing.*{second.name} has been changed"):
        verify_records(own)


def test_videos_in_a_damaged_shard_are_left_out_when_asked(own, packed, require_equal):
    damaged, left_out = shard(own, 0), LeftOut(skip=True)  # holds the beginning of the first of three videos
    damaged.unlink()
    back = open_data(f"records:{own}", left_out=left_out)
    assert [video.name for video in back.videos] == ["video 1", "video 2"]
    assert len(left_out.items) == 1 and damaged.name in left_out.items[0]
    np.testing.assert_array_equal(back.videos[1].frame(3), packed[1][0].videos[2].frame(3))


def test_a_shard_of_something_else_of_the_same_size_is_reported(own):
    path = shard(own)
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(DataError, match=path.name):
        read_all(own)


def test_an_index_that_contradicts_itself_is_reported(own):
    edit_index(own, lambda train: train["videos"][0].update(frames=6))
    with pytest.raises(DataError, match="the videos of train have 11 frames, its shards hold 10"):
        open_data(f"records:{own}")


def test_an_index_that_lies_about_a_shard_is_reported(own):
    def move_one(train):
        train["shards"][0]["frames"] += 1
        train["shards"][0]["records"] += 1
        train["shards"][1]["frames"] -= 1
        train["shards"][1]["records"] -= 1

    edit_index(own, move_one)
    with pytest.raises(DataError, match=r"holds \d+ (records|frames), the index says \d+"):
        read_all(own)


def test_an_index_that_lies_about_sizes_is_reported(own):
    edit_index(own, lambda train: train["videos"][0].update(size=[50_000, 50_000]))
    with pytest.raises(DataError, match=r"is 11x17 \(height x width\), the index says 50000x50000"):
        read_all(own)


@pytest.mark.parametrize(
    "lie",
    [
        {"labelled": [[0, 99]]},
        {"labelled": "yes"},
        {"times": {"per_second": 0, "start": 0, "step": 1}},
        {"times": {"per_second": 1, "ticks": [1]}},
        {"times": {}},
        {"vectors": {"length": 2, "float32": "AAAA"}},
        {"vectors": {"length": 2, "float32": "*"}},
        {"size": []},
        {"size": [[1, 2, 3]]},
    ],
    ids=str,
)
def test_an_entry_that_makes_no_sense_names_its_video(own, lie):
    edit_index(own, lambda train: train["videos"][0].update(lie))
    with pytest.raises(DataError, match="makes no sense at video video 0"):
        open_data(f"records:{own}")


@pytest.mark.parametrize("name", ["../elsewhere", "/etc/passwd", "a/b"])
def test_a_shard_outside_the_folder_is_refused(own, name):
    edit_index(own, lambda train: train["shards"][0].update(file=name))
    with pytest.raises(DataError, match="outside the folder"):
        open_data(f"records:{own}")

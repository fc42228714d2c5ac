"""Records read back: what went in comes out, and what is broken is named."""

import base64
import json
import threading
import time

import numpy as np
import pytest

from seqseg.data import LeftOut, open_data
from seqseg.data.clips.pipeline import clip_batches
from seqseg.data.opening import open_splits
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe
from seqseg.data.records.verifying import verify_records
from seqseg.errors import DataError

STORAGES = ["array_record", "tfrecord"]


@pytest.fixture(scope="module", params=STORAGES)
def packed(request, make_set, tmp_path_factory):
    """(folder, sets): a train and a val split in lossless records."""
    folder = tmp_path_factory.mktemp("packed") / request.param
    sets = [make_set(5, 1, 4), make_set(3, split="val", seed=1)]
    convert(sets, folder, source="made", recipe=Recipe(storage=request.param, image="png", shards=3))
    return folder, sets


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


def test_all_comes_back_as_it_went_in(packed, require_equal):
    folder, sets = packed
    for made in sets:
        back = open_data(f"records:{folder}", split=made.split)
        require_equal(back, made)
        assert (back.classes, back.vector_names, back.notes) == (made.classes, made.vector_names, made.notes)
        np.testing.assert_array_equal(back.palette, made.palette)


@pytest.mark.parametrize("storage", STORAGES)
def test_several_labels_a_pixel_come_back(make_set, require_equal, tmp_path, storage):
    made = make_set(4, 2, multi_label=True)
    convert([made], tmp_path / "out", source="made", recipe=Recipe(storage=storage, image="png"))
    back = open_data(f"records:{tmp_path / 'out'}")
    assert back.multi_label
    require_equal(back, made)


def test_a_set_without_any_label_comes_back_without(make_set, tmp_path):
    import dataclasses

    made = make_set(2)
    bare = tuple(dataclasses.replace(video, masks=None, times=None, vectors=None) for video in made.videos)
    convert([dataclasses.replace(made, videos=bare)], tmp_path / "out", source="made")
    (video,) = open_data(f"records:{tmp_path / 'out'}").videos
    assert (video.masks, video.times, video.vectors, video.labelled) == (None, None, None, ())


@pytest.mark.parametrize("storage", STORAGES)
def test_the_labels_of_camvid_are_exact_and_its_pictures_near(shared_data, tmp_path, storage):
    source = f"camvid:{shared_data / 'camvid'}"
    made = open_data(source, split="val").videos[0].part(0, 6, "part")
    import dataclasses

    convert([dataclasses.replace(open_data(source, split="val"), videos=(made,))], tmp_path / "out", source="x",
            recipe=Recipe(storage=storage))  # fmt: skip
    (video,) = open_data(f"records:{tmp_path / 'out'}", split="val").videos
    for index in range(6):
        frame, mask = video.pair(index)
        np.testing.assert_array_equal(mask, made.mask(index))
        assert np.abs(frame.astype(int) - made.frame(index)).mean() < 2.5
    assert list(video.times) == list(made.times)


def test_keep_shows_the_very_pixels_of_the_files(write_folders, require_equal, tmp_path):
    source = write_folders(tmp_path / "data")
    sets, _ = open_splits(source, ["train"])
    convert(sets, tmp_path / "out", source=source, recipe=Recipe(image="keep"))
    require_equal(open_data(f"records:{tmp_path / 'out'}"), sets[0])


def test_clips_are_those_of_the_set_itself(packed):
    folder, (made, _) = packed
    options = dict(timesteps=3, batch=2, size=(11, 17), seed=4)
    for one, other in zip(
        (clip_batches(open_data(f"records:{folder}"), **options)[i] for i in range(3)),
        (clip_batches(made, **options)[i] for i in range(3)),
        strict=True,
    ):
        for found, expected in zip(one, other, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_all_splits_together_have_names_that_say_which(packed):
    names = [video.name for video in open_data(f"records:{packed[0]}", split="all").videos]
    assert names == ["train/video 0", "train/video 1", "train/video 2", "val/video 0"]


def test_threads_share_the_shards(packed, require_equal):
    folder, (made, _) = packed
    back, failures = open_data(f"records:{folder}"), []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(60):
            video = int(rng.integers(3))
            index = int(rng.integers(len(made.videos[video])))
            frame, mask = back.videos[video].pair(index)
            expected, label = made.videos[video].pair(index)
            if not np.array_equal(frame, expected) or not np.array_equal(mask, label):
                failures.append((video, index))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_records_can_be_converted_again(packed, require_equal, tmp_path):
    folder, (made, _) = packed
    sets, absent = open_splits(f"records:{folder}", ["all"])
    assert [data.split for data in sets] == ["train", "val"] and list(absent) == ["test"]
    convert(sets, tmp_path / "again", source=f"records:{folder}", recipe=Recipe(image="png"))
    require_equal(open_data(f"records:{tmp_path / 'again'}"), made)


def test_verifying_counts_shards_and_frames(packed):
    assert verify_records(packed[0]) == (len(list(packed[0].glob("*-of-*"))), 13)
    assert open_data(f"records:{packed[0]},verify=1").frames == 10


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


def test_a_split_that_was_not_converted_is_reported_with_those_that_were(packed):
    with pytest.raises(DataError, match="has no test split; it has: train, val"):
        open_data(f"records:{packed[0]}", split="test")


def test_a_folder_of_something_else_is_reported(tmp_path):
    with pytest.raises(DataError, match=r"no index\.json in it"):
        open_data(f"records:{tmp_path}")


def test_an_unknown_option_is_reported(packed):
    with pytest.raises(DataError, match="no option 'verfy=1'; did you mean verify"):
        open_data(f"records:{packed[0]},verfy=1")


def test_a_hundred_thousand_frames_open_from_the_index_alone(packed, tmp_path):
    content = json.loads((packed[0] / "index.json").read_text())
    name = content["splits"]["train"]["shards"][0]["file"].replace("00000-of-00003", "00000-of-00001")
    (tmp_path / name).write_bytes(bytes(100_000))  # not read
    places = base64.b64encode(bytes(100_000 * 5 * 8)).decode() if content["storage"] == "tfrecord" else None
    content["splits"]["train"] = {
        "notes": [],
        "shards": [dict(file=name, frames=100_000, records=100_000, bytes=100_000, sha256="", offsets=places)],
        "videos": [
            {"name": str(n), "frames": 100, "size": [360, 480], "labelled": [[0, 50]],
             "times": {"per_second": 30, "ticks": [frame * frame for frame in range(100)]}}
            for n in range(1000)
        ],
    }  # fmt: skip
    (tmp_path / "index.json").write_text(json.dumps(content))
    begin = time.process_time()
    data = open_data(f"records:{tmp_path}")
    assert time.process_time() - begin < 2
    assert data.frames == 100_000 and len(data.videos[999].labelled) == 50

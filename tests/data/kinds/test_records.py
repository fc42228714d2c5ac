"""Records read back: what went in comes out."""

import base64
import json
import threading
import time

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.clips.pipeline import clip_batches
from seqseg.data.opening import open_splits
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe
from seqseg.data.records.verifying import verify_records
from seqseg.errors import DataError
from tests.data.kinds.conftest import STORAGES


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

"""Packing sets into records: what is kept, what a kill leaves, what is refused."""

import dataclasses
import errno
import subprocess
import sys

import pytest

from seqseg.data import LeftOut, open_data
from seqseg.data.clips.placing import scale_frames
from seqseg.data.opening import open_splits
from seqseg.data.records import convert as conversion
from seqseg.data.records.array_records import write_array_records
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe
from seqseg.errors import ConfigError, DataError
from seqseg.geometry import Resizing

LOSSLESS = Recipe(image="png")


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def shards_of(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "index.json")


def spoiled(data, number, problem):
    """The set with frame `number` of its first video unreadable."""

    class Frames(list):
        def __getitem__(self, index):
            if index == number:
                raise problem
            return super().__getitem__(index)

    video = data.videos[0]
    return dataclasses.replace(data, videos=(dataclasses.replace(video, frames=Frames(video.frames)), *data.videos[1:]))


def test_shards_are_of_one_length_and_cross_videos(make_set, tmp_path):
    index = convert([make_set(5, 1, 4)], tmp_path / "out", source="made", recipe=Recipe(shards=3))
    assert [shard.frames for shard in index.splits["train"].shards] == [3, 3, 4]
    assert shards_of(tmp_path / "out") == [f"train-0000{number}-of-00003.array_record" for number in range(3)]


def test_there_are_never_more_shards_than_frames(make_set, tmp_path):
    index = convert([make_set(2, 1)], tmp_path / "out", source="made", recipe=Recipe(shards=8))
    assert [shard.frames for shard in index.splits["train"].shards] == [1, 1, 1]


def test_more_threads_write_the_same_bytes(make_set, tmp_path):
    for workers in (1, 4):
        recipe = Recipe(shards=2)
        convert([make_set(9, 4)], tmp_path / str(workers), source="made", recipe=recipe, workers=workers)
    assert files_of(tmp_path / "1") == files_of(tmp_path / "4")


def test_smaller_frames_stay_and_larger_ones_keep_their_shape(make_set, tmp_path):
    index = convert([make_set(1, 1, 1)], tmp_path / "out", source="made", recipe=Recipe(size=(12, 19)))
    sizes = [video["size"] for video in index.splits["train"].videos]  # of 11x17, 12x19 and 13x21
    assert sizes == [[11, 17], [12, 19], [12, 19]]


def test_shrinking_is_what_training_does(make_set, tmp_path):
    made = make_set(1)
    convert([made], tmp_path / "out", source="made", recipe=Recipe(image="png", size=(6, 9)))
    frame, mask = open_data(f"records:{tmp_path / 'out'}").videos[0].pair(0)
    image, labels = made.videos[0].pair(0)
    inside = Resizing("letterbox", (6, 9)).place(*image.shape[:2]).inside
    (expected,), (label,) = scale_frames([image], [labels], inside)
    assert (frame == expected).all() and (mask == label).all()


STOPPED = """
import os, signal, sys
from seqseg.data.opening import open_splits
from seqseg.data.records.convert import convert
from seqseg.data.records.encoding import Recipe

def kill(now):
    if now.frames == 8:  # in the midst of the third shard
        os.kill(os.getpid(), signal.SIGKILL)

source = "shapes:videos=2,frames=5,size=16x24"
sets, _ = open_splits(source, ["train"])
convert(sets, sys.argv[1], source=source, recipe=Recipe(storage=sys.argv[2], shards=4), progress=kill)
"""


@pytest.mark.parametrize("storage", ["array_record", "tfrecord"])
def test_after_a_kill_it_goes_on_to_the_same_bytes(tmp_path, storage):
    source = "shapes:videos=2,frames=5,size=16x24"
    recipe = Recipe(storage=storage, shards=4)
    sets, _ = open_splits(source, ["train"])
    convert(sets, tmp_path / "whole", source=source, recipe=recipe)

    killed = subprocess.run([sys.executable, "-c", STOPPED, str(tmp_path / "killed"), storage])
    assert killed.returncode == -9
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "killed").glob("[!.]*-of-*")}
    assert 1 <= len(kept) < len(shards_of(tmp_path / "whole"))
    assert any(".part." in path.name for path in (tmp_path / "killed").iterdir())

    convert(sets, tmp_path / "killed", source=source, recipe=recipe, resume=True)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert {name: (tmp_path / "killed" / name).stat().st_mtime_ns for name in kept} == kept


@pytest.fixture
def stopped(make_set, tmp_path):
    """A folder with one finished shard of three, and the set."""
    data = make_set(6)

    def stop(now):
        if now.shards == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert([data], tmp_path / "out", source="made", recipe=Recipe(shards=3), progress=stop)
    return tmp_path / "out", data


def test_an_interruption_leaves_finished_shards_and_no_part(stopped):
    assert sorted(path.name for path in stopped[0].iterdir()) == [
        "conversion.jsonl", "train-00000-of-00003.array_record",
    ]  # fmt: skip


def test_a_line_that_a_kill_has_cut_is_not_counted(stopped, tmp_path):
    out, data = stopped
    with (out / "conversion.jsonl").open("a") as journal:
        journal.write('{"shard": {"file": "train-00001-of-0')
    convert([data], out, source="made", recipe=Recipe(shards=3), resume=True)
    convert([data], tmp_path / "whole", source="made", recipe=Recipe(shards=3))
    assert files_of(out) == files_of(tmp_path / "whole")


@pytest.mark.parametrize(
    "line", ["{", "7", "[" * 5000, "{}", '{"shard": 7}', '{"shard": {"file": "../../etc/x"}}', "\xff"]
)
def test_a_journal_that_says_something_else_is_one_line(stopped, line):
    out, data = stopped
    with (out / "conversion.jsonl").open("a", encoding="latin-1") as journal:
        journal.write(line + "\n")
    with pytest.raises(DataError, match=r"conversion\.jsonl is damaged; remove .* and convert again"):
        convert([data], out, source="made", recipe=Recipe(shards=3), resume=True)


def test_a_finished_shard_that_was_cut_since_is_written_again(stopped, tmp_path):
    out, data = stopped
    (out / "train-00000-of-00003.array_record").write_bytes(b"cut")
    convert([data], out, source="made", recipe=Recipe(shards=3), resume=True)
    assert open_data(f"records:{out},verify=1").frames == 6


def test_without_resume_an_unfinished_conversion_is_not_touched(stopped):
    with pytest.raises(DataError, match="not finished; continue with --resume"):
        convert([stopped[1]], stopped[0], source="made", recipe=Recipe(shards=3))


def test_going_on_with_other_settings_is_refused_with_the_difference(stopped):
    with pytest.raises(DataError, match="begun with quality 95, and is now 80"):
        convert([stopped[1]], stopped[0], source="made", recipe=Recipe(shards=3, quality=80), resume=True)


def test_going_on_with_other_data_is_refused(stopped, make_set):
    with pytest.raises(DataError, match=r'begun with videos .*\["video 0", 6\].*now .*\["video 0", 5\]'):
        convert([make_set(5)], stopped[0], source="made", recipe=Recipe(shards=3), resume=True)


def test_a_finished_conversion_is_left_as_it_is(make_set, tmp_path):
    before = convert([make_set(3)], tmp_path / "out", source="made")
    assert convert([make_set(3)], tmp_path / "out", source="made", resume=True) == before


def test_a_full_disk_is_one_line_that_says_how_to_go_on(make_set, tmp_path, monkeypatch):
    def fill(path, clips):
        if "00001-of" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write_array_records(path, clips)

    monkeypatch.setitem(conversion.WRITERS, "array_record", (".array_record", fill))
    with pytest.raises(DataError, match="no space left for .*out after 1 of 2 shards, which are kept.*--resume"):
        convert([make_set(4)], tmp_path / "out", source="made", recipe=Recipe(shards=2))
    assert (tmp_path / "out" / "train-00000-of-00002.array_record").is_file()


def test_a_full_disk_is_reported_by_the_writer_of_array_records(make_set, tmp_path):
    from seqseg.data.records.frame import EncodedFrame
    from seqseg.data.records.plan import Clip, Unit

    data = make_set(1)
    frames = iter([(0, EncodedFrame(bytes(200_000), b"", 0, (1, 1)))])
    with pytest.raises(OSError) as caught:
        write_array_records("/dev/full", [Clip(data, data.videos[0], Unit(0, 0, 1), frames)])
    assert caught.value.errno == errno.ENOSPC


def test_a_frame_that_cannot_be_read_ends_it(make_set, tmp_path):
    data = spoiled(make_set(4), 2, DataError("2.png is cut"))
    with pytest.raises(DataError, match="2.png is cut"):
        convert([data], tmp_path / "out", source="made")


def test_a_frame_that_cannot_be_read_is_left_out_when_asked(make_set, tmp_path):
    made, left_out = make_set(4, 2), LeftOut(skip=True)
    data = spoiled(made, 2, DataError("2.png is cut"))
    convert([data], tmp_path / "out", source="made", recipe=LOSSLESS, left_out=left_out)
    assert left_out.items == ["2.png is cut"]
    back = open_data(f"records:{tmp_path / 'out'}")
    assert [len(video) for video in back.videos] == [3, 2]
    assert (back.videos[0].frame(2) == made.videos[0].frame(3)).all()
    assert back.videos[0].times[2] == made.videos[0].times[3]
    assert "2.png is cut" in back.notes[-1]


def test_a_label_that_cannot_be_read_is_no_label_when_asked(make_set, tmp_path):
    made, left_out = make_set(3), LeftOut(skip=True)
    video = made.videos[0]
    masks = [video.masks[0][1:], video.masks[1], video.masks[2]]  # of another size than its frame
    data = dataclasses.replace(made, videos=(dataclasses.replace(video, masks=masks),))
    convert([data], tmp_path / "out", source="made", left_out=left_out)
    assert "10x17" in left_out.items[0]
    assert (video.labelled, open_data(f"records:{tmp_path / 'out'}").videos[0].labelled) == ((0, 2), (2,))


def test_a_set_of_which_nothing_can_be_read_is_reported(make_set, tmp_path):
    data = spoiled(make_set(1), 0, DataError("0.png is cut"))
    with pytest.raises(DataError, match="no frame of made's train split can be read"):
        convert([data], tmp_path / "out", source="made", left_out=LeftOut(skip=True))


def test_out_that_is_a_file_is_refused(make_set, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DataError, match="out is a file"):
        convert([make_set(1)], tmp_path / "out", source="made")


def test_out_that_holds_something_is_refused_and_not_touched(make_set, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(DataError, match="mine.txt"):
            convert([make_set(1)], tmp_path, source="made", resume=resume)
    assert files_of(tmp_path) == {"mine.txt": b"mine"}


@pytest.mark.parametrize("options", ["", ",foreground=any", " + shapes:videos=1"])
def test_out_inside_the_source_is_refused(write_folders, make_set, tmp_path, options):
    source = write_folders(tmp_path / "data") + options
    with pytest.raises(DataError, match="is inside its source"):
        convert([make_set(1)], tmp_path / "data" / "images" / "out", source=source)


def test_splits_of_other_classes_are_refused(make_set, tmp_path):
    other = dataclasses.replace(make_set(1, split="val"), classes=("a", "b", "c"))
    with pytest.raises(DataError, match="ground, cell, wall.*a, b, c"):
        convert([make_set(1), other], tmp_path / "out", source="made")


@pytest.mark.parametrize(
    "wrong", [{"storage": "zip"}, {"image": "webp"}, {"quality": 0}, {"quality": 101}, {"shards": 0}, {"size": (0, 4)}]
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError, match="must be"):
        Recipe(**wrong)


def test_all_is_the_splits_that_there_are(write_folders, tmp_path):
    sets, absent = open_splits(write_folders(tmp_path), ["all"])
    assert [data.split for data in sets] == ["train", "val"]
    assert "no test split" in str(absent["test"])


def test_of_a_source_with_nothing_the_first_reason_is_reported(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        open_splits(f"folders:{tmp_path}/nowhere", ["all"])


def test_a_split_that_is_named_must_be_there(write_folders, tmp_path):
    with pytest.raises(DataError, match="no test split"):
        open_splits(write_folders(tmp_path), ["train", "test"])

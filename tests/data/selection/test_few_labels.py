"""Which frames keep their labels."""

import dataclasses

import numpy as np
import pytest

from seqseg.data import Video, open_data
from seqseg.data.clips.windows import windows
from seqseg.data.selection.few_labels import keep_labels, notes_of_missing, without_labels
from seqseg.data.sequences import FrameSequence, MaskSequence
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError, DataError

CLASSES = ("ground", "cell", "wall")


class Counted(MaskSequence):
    """Masks that count how often they are read."""

    def __init__(self, masks):
        self.reads, self._masks = 0, list(masks)

    def __len__(self):
        return len(self._masks)

    @property
    def present(self):
        return [mask is not None for mask in self._masks]

    def __getitem__(self, index):
        self.reads += 1
        return self._masks[index]


def set_of(*videos, multi_label=False):
    """A set of videos that are given as the classes that each of their frames shows; None has no label."""
    made = []
    for number, shown in enumerate(videos):
        masks = Counted(None if classes is None else np.resize(np.uint8(classes), (3, 5)) for classes in shown)
        made.append(Video(f"video {number}", np.zeros((len(shown), 3, 5, 3), np.uint8), masks))
    return VideoSet("made", "train", tuple(made), CLASSES, np.zeros((3, 3), np.uint8), multi_label=multi_label)


def kept(data):
    return [(number, index) for number, video in enumerate(data.videos) for index in video.labelled]


def test_a_share_of_the_labelled_frames_keeps_its_labels():
    data = set_of([[0, 1, 2]] * 33, [[0, 1, 2], None] * 17)
    few = keep_labels(data, "10%")
    assert len(kept(few)) == 5 and few.frames == data.frames
    for number, index in kept(few):
        np.testing.assert_array_equal(few.videos[number].mask(index), data.videos[number].mask(index))
    assert all(few.videos[0].masks[index] is None for index in range(33) if (0, index) not in kept(few))
    assert few.notes == ("labels: 5 of 50 labelled frames keep theirs (10%, draw 0)",)


def test_a_draw_is_the_same_every_time_and_another_with_another_seed():
    data = set_of([[0, 1, 2]] * 90)
    draws = [kept(keep_labels(data, "10%", seed=seed)) for seed in (0, 0, 1, 2)]
    assert draws[0] == draws[1] and len({tuple(draw) for draw in draws}) == 3


def test_a_draw_takes_one_frame_from_each_stretch_of_the_set():
    for seed in range(9):
        places = [index for _, index in kept(keep_labels(set_of([[0, 1, 2]] * 80), "5%", seed=seed))]
        assert [index // 20 for index in places] == [0, 1, 2, 3]


def test_at_least_one_frame_keeps_its_label():
    assert len(kept(keep_labels(set_of([[0, 1, 2]] * 7), "0.5%"))) == 1


@pytest.mark.parametrize("seed", range(5))
def test_a_draw_shows_every_class_that_can_be_shown(seed):
    data = set_of([[0, 1]] * 37 + [[2]] + [[0, 1]] * 2)
    few = keep_labels(data, "5%", seed=seed)
    assert len(kept(few)) == 2 and (0, 37) in kept(few)
    assert notes_of_missing(few) == ()


def test_no_class_that_is_shown_is_given_up_for_another():
    few = keep_labels(set_of([[0]] * 10 + [[1]] * 10 + [[2]]), "10%")
    assert len(kept(few)) == 2
    assert notes_of_missing(few) == ("no labelled frame of made shows wall, which cannot be learned",)


def test_no_more_masks_are_read_than_are_needed():
    data = set_of([[0, 1, 2]] * 400)
    notes_of_missing(keep_labels(data, "0.5%"))
    assert data.videos[0].masks.reads == 2 + 2


@pytest.mark.parametrize("share", ["0%", "101 %", "100.5%"])
def test_a_share_that_makes_no_sense_is_refused(share):
    with pytest.raises(ConfigError, match=f"data.labelled must be more than 0% and at most 100%, got {share}"):
        keep_labels(set_of([[0]]), share)


def test_what_is_neither_a_share_nor_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='a share of the labelled frames such as "10%", or a file .*; got .*few.txt'):
        keep_labels(set_of([[0]]), str(tmp_path / "few.txt"))


def test_a_set_without_labels_has_none_to_keep():
    with pytest.raises(DataError, match="made has no labelled frame in its train split"):
        keep_labels(set_of([None, None]), "10%")


def test_a_list_names_frames_by_video_and_number(tmp_path):
    list_of(tmp_path, "video 1/0", "", "  video 0/2 ")
    few = keep_labels(set_of([[0]] * 4, [[1]] * 2), str(tmp_path / "few.txt"))
    assert kept(few) == [(0, 2), (1, 0)]
    assert "2 of 6 labelled frames keep theirs" in few.notes[0]


def test_a_list_names_frames_by_their_files(tmp_path, write_folders):
    write_folders(tmp_path / "set")
    data = open_data(f"folders:{tmp_path}/set", split="train")
    name = data.videos[0].describe(1)
    list_of(tmp_path, name.rpartition("/")[2])
    assert kept(keep_labels(data, str(tmp_path / "few.txt"))) == [(0, 1)]
    list_of(tmp_path, name)
    assert kept(keep_labels(data, str(tmp_path / "few.txt"))) == [(0, 1)]


def test_a_file_name_that_several_frames_have_needs_its_folder(tmp_path):
    frames = [Frames([f"{folder}/1.png", f"{folder}/2.png"]) for folder in ("monday", "tuesday")]
    data = set_of([[0]] * 2, [[1]] * 2)
    pairs = zip(data.videos, frames, strict=True)
    data = dataclasses.replace(data, videos=tuple(dataclasses.replace(video, frames=one) for video, one in pairs))
    list_of(tmp_path, "tuesday/2.png")
    assert kept(keep_labels(data, str(tmp_path / "few.txt"))) == [(1, 1)]
    list_of(tmp_path, "2.png")
    with pytest.raises(DataError, match="few.txt, line 1: 2 frames of made are called 2.png; add folders to the name"):
        keep_labels(data, str(tmp_path / "few.txt"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("video 0/4", "line 2: video video 0 has 4 frames, counted from 0, and none 4"),
        ("vidio 0/3", "line 2: made has no frame vidio 0/3 in its train split; did you mean video 0/0"),
        ("4.png", "line 2: made has no frame 4.png in its train split"),
        ("video 1/1", "line 2: video 1/1 has no label in made; remove the line"),
    ],
)
def test_a_line_that_names_no_labelled_frame_is_an_error_that_names_it(tmp_path, line, message):
    list_of(tmp_path, "video 0/0", line)
    with pytest.raises(DataError, match=f"few.txt, {message}"):
        keep_labels(set_of([[0]] * 4, [[1], None]), str(tmp_path / "few.txt"))


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe\x00"])
def test_a_list_that_says_nothing_is_an_error(tmp_path, content):
    (tmp_path / "few.txt").write_bytes(content)
    with pytest.raises(DataError, match="few.txt"):
        keep_labels(set_of([[0]]), str(tmp_path / "few.txt"))


def test_labels_of_a_single_class_teach_nothing():
    with pytest.raises(
        DataError, match="the labels of made .train. show cell alone, which is not enough to learn from"
    ):
        notes_of_missing(set_of([[1], [1, 255], None]))


def test_labels_that_are_all_void_teach_nothing():
    with pytest.raises(DataError, match="no pixel of made is labelled in its train split"):
        notes_of_missing(set_of([[255], None]))


def test_without_labels_no_frame_has_one():
    assert kept(without_labels(set_of([[0]] * 3))) == []


def test_windows_without_a_label_are_left_out_when_asked():
    videos = set_of([None, [0], None, None, None, None, [1]], [None] * 4).videos
    assert [window.start for window in windows(videos, 2, clips="labelled")] == [0, 5]
    assert [window.start for window in windows(videos, 2)] == [0, 2, 4, 5, 0, 2]


@pytest.mark.parametrize("clips", ["labelled", "labelled_last"])
def test_windows_with_labels_of_a_set_without_any_are_an_error(clips):
    with pytest.raises(DataError, match=f"no frame is labelled, so that with data.clips = {clips} there is no clip"):
        windows(set_of([None] * 4).videos, 2, clips=clips)


class Frames(FrameSequence):
    """Names in place of frames, each of which is its own file."""

    def __init__(self, names):
        self.names = names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        return self.names[index]

    def describe(self, index):
        return self.names[index]


def list_of(folder, *lines):
    (folder / "few.txt").write_text("\n".join(lines), encoding="utf-8")

"""Sets without what is broken in them."""

import os
from fractions import Fraction

import cv2
import numpy as np
import pytest

from seqseg.data import LeftOut, Video, VideoSet
from seqseg.data.clips.windows import windows
from seqseg.data.selection.opening import SetOpener
from seqseg.data.selection.screening import fingerprint, leave_out_broken, read_findings
from seqseg.errors import DataError


class Frames(list):
    """Pictures in which an error is a frame that cannot be read."""

    def __getitem__(self, index):
        item = super().__getitem__(index)
        if isinstance(item, DataError):
            raise item
        return item


def a_set(*, broken=(), bad_labels=(), length=7, size=(5, 7), other_frames=None, other_masks=None):
    """One video of `length` frames, each of its own grey, labelled with its number modulo 2, but for the others."""
    frames = {index: np.full((*size, 3), index, np.uint8) for index in range(length)} | (other_frames or {})
    masks = {index: np.full(size, index % 2, np.uint8) for index in range(length)} | (other_masks or {})
    frames |= {index: DataError(f"{index}.png is empty") for index in broken}
    masks |= {index: DataError(f"the mask {index}.png is empty") for index in bad_labels}
    frames, masks = Frames(frames.values()), Frames(masks.values())
    times = tuple(Fraction(index, 25) for index in range(length))
    return VideoSet("made", "train", (Video("v", frames, masks, times),), ("a", "b"), np.zeros((2, 3), np.uint8))


def without_broken(data):
    left_out = LeftOut(skip=True)
    return leave_out_broken(data, left_out), left_out.items


def shades(video):
    return [int(video.frame(index)[0, 0, 0]) for index in range(len(video))]


def test_a_sound_set_stays_the_very_same():
    data = a_set()
    assert without_broken(data) == (data, [])


def test_a_broken_frame_cuts_its_video_so_that_no_clip_crosses_the_hole():
    data, items = without_broken(a_set(broken=[3]))
    assert items == ["3.png is empty"]
    assert [shades(video) for video in data.videos] == [[0, 1, 2], [4, 5, 6]]
    assert [int(mask[0, 0]) for mask in data.videos[1].masks] == [0, 1, 0]
    assert data.videos[1].times == (0, Fraction(1, 25), Fraction(2, 25))
    assert all(window.start + 3 <= len(data.videos[window.video]) for window in windows(data.videos, 3))
    assert any("1 frames and 0 labels" in note for note in data.notes)


def test_frames_broken_at_either_end_only_shorten_it():
    data, items = without_broken(a_set(broken=[0, 5, 6]))
    assert [shades(video) for video in data.videos] == [[1, 2, 3, 4]] and len(items) == 3


def test_a_broken_label_is_no_label_and_the_frame_stays():
    data, items = without_broken(a_set(bad_labels=[2]))
    (video,) = data.videos
    assert items == ["the mask 2.png is empty"]
    assert len(video) == 7 and video.labelled == (0, 1, 3, 4, 5, 6)
    assert video.pair(2)[1] is None and (video.mask(2) == 255).all()


def test_a_video_that_loses_its_only_labels_is_left_out():
    one, other = a_set(bad_labels=range(7)).videos[0], a_set().videos[0]
    both = VideoSet("made", "train", (one, other), ("a", "b"), np.zeros((2, 3), np.uint8))
    assert without_broken(both)[0].videos == (other,)


def test_a_change_of_size_cuts_without_losing_a_frame():
    frames = {index: np.full((9, 9, 3), index, np.uint8) for index in (4, 5, 6)}
    masks = {index: np.zeros((9, 9), np.uint8) for index in (4, 5, 6)}
    found, (cut,) = without_broken(a_set(other_frames=frames, other_masks=masks))
    assert [shades(video) for video in found.videos] == [[0, 1, 2, 3], [4, 5, 6]]
    assert "is cut at video v, frame 4: it is 9x9" in cut


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.zeros((7, 5), np.uint8), "is 7x5"),
        (np.full((5, 7), 2, np.uint8), "has label 2 outside the 2 classes"),
        (np.zeros((5, 7, 2), np.uint8), "of shape (5, 7, 2)"),
    ],
)
def test_a_label_that_does_not_fit_is_left_out(mask, said):
    found, (item,) = without_broken(a_set(other_masks={1: mask}))
    assert said in item and found.videos[0].labelled == (0, 2, 3, 4, 5, 6)


def test_void_is_no_unknown_value():
    data = a_set(other_masks={1: np.full((5, 7), 255, np.uint8)})
    assert without_broken(data) == (data, [])


def test_without_skip_bad_the_error_names_the_option():
    with pytest.raises(DataError, match=r"^3\.png is empty \(--skip-bad leaves out what is broken\)$"):
        leave_out_broken(a_set(broken=[3]), LeftOut())


def test_a_set_of_which_nothing_is_left_is_an_error():
    with pytest.raises(DataError, match="nothing is left of made's train split: 0.png is empty"):
        without_broken(a_set(broken=range(7)))


@pytest.fixture
def folder(tmp_path):
    """Eight frames of 9x13 with masks, one of which is cut short."""
    (tmp_path / "classes.txt").write_text("water\nice\n")
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
        for number in range(8):
            cv2.imwrite(str(tmp_path / kind / f"{number}.png"), np.full((9, 13), number % 2, np.uint8))
    path = tmp_path / "images/2.png"
    path.write_bytes(path.read_bytes()[:50])
    return tmp_path


class Counting:
    """Counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, done, total):
        self.calls += 1


def test_findings_are_reused_until_a_file_changes(folder, tmp_path):
    file, source = tmp_path / "screening.json", f"folders:{folder}"
    first = SetOpener(skip=True, file=file)
    videos = [(video.name, len(video)) for video in first.open(source, split="all").videos]
    first.keep(file)
    again = SetOpener(skip=True, file=file, progress=(progress := Counting()))
    assert [(video.name, len(video)) for video in again.open(source, split="all").videos] == videos
    assert again.items == first.items and progress.calls == 0
    os.utime(folder / "images/5.png", ns=(1, 1))
    SetOpener(skip=True, file=file, progress=progress).open(source, split="all")
    assert progress.calls > 0


def test_damaged_findings_are_ignored(tmp_path):
    path = tmp_path / "screening.json"
    for text in ("", "[1]", '{"a": [[1]]}', '{"a": 3}'):
        path.write_text(text)
        assert read_findings(path) == {}
    assert read_findings(tmp_path / "nowhere.json") == {}


def test_what_has_no_files_has_no_fingerprint_and_is_read_each_time():
    assert fingerprint(a_set()) is None


def test_opening_without_skip_bad_reads_nothing(folder):
    assert SetOpener(skip=False, progress=Counting()).open(f"folders:{folder}", split="all").frames == 8

"""Finding out what is wrong with a set."""

import json

import cv2
import numpy as np
import pytest

from seqseg.data import Video, VideoSet, open_data
from seqseg.data.inspection import inspect


@pytest.fixture
def folder(tmp_path):
    """Two videos of three frames 9x13 with two classes, named in classes.txt."""
    (tmp_path / "classes.txt").write_text("water\nice\n")
    for place in ("images/a", "masks/a", "images/b", "masks/b"):
        (tmp_path / place).mkdir(parents=True)
        for number in range(3):
            cv2.imwrite(str(tmp_path / place / f"{number}.png"), np.full((9, 13), number % 2, np.uint8))
    return tmp_path


def look(folder):
    return inspect(open_data(f"folders:{folder}", split="all"))


def test_a_sound_set_has_no_problems_and_is_counted(folder):
    found = look(folder)
    assert found.problems == ()
    assert (found.frames, found.labelled, found.videos) == (6, 6, {"a": 3, "b": 3})
    assert found.sizes == {"9x13": 6}
    assert found.counts == (4 * 9 * 13, 2 * 9 * 13)


def test_every_problem_is_named_not_only_the_first(folder):
    (folder / "images/a/0.png").write_bytes((folder / "images/a/0.png").read_bytes()[:40])
    cv2.imwrite(str(folder / "masks/a/1.png"), np.full((9, 13), 5, np.uint8))
    cv2.imwrite(str(folder / "masks/b/2.png"), np.zeros((13, 9), np.uint8))
    truncated, outside, size = look(folder).problems
    assert "images/a/0.png is truncated" in truncated
    assert "masks/a/1.png has label 5" in outside
    assert "masks/b/2.png is 13x9" in size


def test_frames_of_different_sizes_in_one_video_are_a_problem(folder):
    for place in ("images/b", "masks/b"):
        cv2.imwrite(str(folder / place / "1.png"), np.zeros((18, 26), np.uint8))
    (problem,) = look(folder).problems
    assert "video b has frames that differ in size: 2 of 9x13, 1 of 18x26" in problem


def test_missing_labels_and_absent_classes_are_worth_knowing(folder):
    for path in (folder / "masks").rglob("1.png"):
        path.unlink()
    found = look(folder)
    assert found.problems == () and found.labelled == 4
    assert any("2 of 6 frames have no mask" in note for note in found.notes)
    assert any("no labelled pixel of ice" in note for note in found.notes)


def test_it_can_be_written_as_json():
    mask = np.array([[[0, 255]]], np.uint8)
    video = Video("v", mask[..., None].repeat(3, -1), mask)
    found = inspect(VideoSet("one", "all", (video,), ("a", "b"), np.zeros((2, 3), np.uint8)))
    told = json.loads(json.dumps(found.to_dict()))
    assert told["counts"] == [1, 0] and told["void"] == 1

"""Reports of what is wrong with a set."""

import json
from fractions import Fraction

import cv2
import numpy as np
import pytest

from seqseg.data import Video, VideoSet, open_data
from seqseg.data.inspection.report import inspect


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
    saved = json.loads(json.dumps(found.to_dict()))
    assert saved["counts"] == [1, 0] and saved["void"] == 1


def test_classes_are_counted_by_frames_and_videos(folder):
    found = look(folder)
    assert (found.class_frames, found.class_videos) == ((4, 2), (2, 2))


def test_labels_that_are_no_classes_name_file_and_pixels(folder):
    mask = np.zeros((9, 13), np.uint8)
    mask[0, :5] = 66
    cv2.imwrite(str(folder / "masks/a/1.png"), mask)
    (unknown,) = look(folder).unknown_values
    assert unknown["value"] == "66" and (unknown["pixels"], unknown["masks"]) == (5, 1)
    assert str(unknown["first"]).endswith("masks/a/1.png")


def make_set(pictures, split="train", times=None):
    pictures = np.stack([np.repeat(one[..., None], 3, axis=2) for one in pictures])
    video = Video("v", pictures, np.zeros(pictures.shape[:3], np.uint8), times)
    return VideoSet("made", split, (video,), ("a", "b"), np.zeros((2, 3), np.uint8))


def gradients(count, seed=0):
    rng = np.random.default_rng(seed)
    return [cv2.resize(rng.integers(0, 256, (4, 5), np.uint8), (30, 24)) for _ in range(count)]


def test_a_picture_of_train_in_val_is_a_problem_that_names_both():
    train, val = gradients(5), gradients(4, seed=1)
    val[2] = train[3]
    found = inspect(make_set(val, "val"), others=[make_set(train)])
    (problem,) = found.problems
    assert "frame 2 of v" in problem and "frame 3 of v" in problem and "keep them in one split" in problem
    assert found.twice[0]["leaks"] and found.twice[0]["kind"] == "exact"


def test_motion_is_a_second_where_times_are_known_and_else_a_frame():
    flat = [np.full((32, 32), value, np.uint8) for value in (10, 20, 30, 30)]
    found = inspect(make_set(flat)).motion
    assert (found["median"], found["still"], found["unit"]) == (10.0, 1, "grey levels a frame")
    timed = inspect(make_set(flat, times=tuple(Fraction(index, 25) for index in range(4)))).motion
    assert timed["median"] == pytest.approx(250.0) and timed["unit"] == "grey levels a second"


def test_a_frame_that_is_far_darker_than_all_others_stands_out():
    pictures = [np.full((9, 9), 100 + index % 3, np.uint8) for index in range(20)]
    pictures[7][:] = 5
    found = inspect(make_set(pictures)).brightness
    assert [(one["frame"], one["value"]) for one in found["outliers"]] == [(7, 5.0)]
    assert found["lowest"] == 5.0 and sum(found["histogram"]) == 20


def test_a_sample_reads_no_more_than_asked_for(folder):
    found = inspect(open_data(f"folders:{folder}", split="all"), sample=2)
    assert found.sample == 2 and sum(found.sizes.values()) == 2 and found.motion == {}


def test_the_longest_stretch_without_labels_is_reported(folder):
    for name in ("0", "1"):
        (folder / f"masks/b/{name}.png").unlink()
    assert look(folder).labels == {"longest_gap": 2, "in": "b", "videos_without": 0}


def test_several_labels_a_pixel_sets_with_vectors_and_without_labels_are_looked_through():
    for source in ("shapes:videos=1,frames=2,multi_label=1", "shapes:videos=1,frames=2,vector=1"):
        found = inspect(open_data(source))
        assert found.problems == () and sum(found.counts) > 0
    bare = VideoSet("made", "all", (Video("v", np.zeros((3, 4, 5, 3), np.uint8)),), ("a", "b"), np.zeros((2, 3)))
    assert inspect(bare).labelled == 0

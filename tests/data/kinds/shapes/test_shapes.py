"""The `shapes` set."""

import itertools
import time

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.kinds.shapes import _scene, shapes_stream
from seqseg.data.labels.planes import unpack_planes
from seqseg.errors import DataError


def test_the_same_seed_draws_the_same_frames_in_any_order():
    first, second = (open_data("shapes:videos=2,frames=6,seed=4").videos[1] for _ in range(2))
    forward = [first.pair(index) for index in range(6)]
    for index in (5, 0, 3):
        np.testing.assert_array_equal(second.frame(index), forward[index][0])
        np.testing.assert_array_equal(second.mask(index), forward[index][1])


def test_seeds_and_splits_have_no_scene_in_common():
    sets = [open_data(f"shapes:videos=3,frames=1,seed={seed}", split=split)
            for seed in (0, 1) for split in ("train", "val", "test")]  # fmt: skip
    pictures = {video.frame(0).tobytes() for data in sets for video in data.videos}
    assert len(pictures) == 18


def test_options_set_videos_frames_and_size():
    data = open_data("shapes:videos=3,frames=5,size=45x61")
    assert [len(video) for video in data.videos] == [5, 5, 5]
    assert data.videos[0].size == (45, 61)
    assert len(data.palette) == len(data.classes) == 5


def test_all_is_every_split_after_the_other():
    assert len(open_data("shapes:videos=2", split="all").videos) == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("frmes=3", "did you mean frames?"),
        ("frames=many", "whole number from 1 on, got 'many'"),
        ("videos=0", "whole number from 1 on, got '0'"),
        ("size=96", "HEIGHTxWIDTH"),
    ],
)
def test_a_wrong_option_is_reported(options, said):
    with pytest.raises(DataError, match=said.replace("?", r"\?")):
        open_data(f"shapes:{options}")


def test_a_stream_is_endless_and_is_the_same_for_the_same_seed():
    first, second = (list(itertools.islice(shapes_stream(seed=2, size=(45, 61)), 30)) for _ in range(2))
    np.testing.assert_array_equal(np.stack(first), np.stack(second))
    assert (first[0] != first[29]).any()


def test_drawing_is_fast():
    video = open_data("shapes:videos=1,frames=60").videos[0]
    video.pair(0)
    start = time.process_time()
    for index in range(1, 60):
        video.pair(index)
    assert 59 / (time.process_time() - start) > 150  # frames a second of one core


def test_before_a_fixed_camera_only_what_moves_is_labelled():
    video = open_data("shapes:videos=1,frames=12,moving=1,seed=2").videos[0]
    frames = np.stack([video.frame(index) for index in range(12)]).astype(int)
    masks = np.stack([video.mask(index) for index in range(12)])
    never = (masks == 0).all(axis=0)
    assert 0 < masks.mean() < 0.5
    # Where nothing is labelled, only the camera's noise changes; standing things are among it.
    assert np.abs(np.diff(frames, axis=0)).mean(axis=(0, 3))[never].mean() < 10
    assert np.abs(np.diff(frames, axis=0)).mean(axis=(0, 3))[~never].mean() > 10


def test_some_things_are_still_and_are_background():
    things = [thing for seed in range(5) for thing in _scene(seed, 0, 0, (96, 128), "moving").things]
    assert {thing.label for thing in things} == {0, 1}
    assert all((thing.velocity == (0.0, 0.0)) == (thing.label == 0) for thing in things)


def test_several_labels_are_those_of_all_things_also_of_what_is_hidden():
    data = open_data("shapes:videos=2,frames=3,multi_label=1")
    plain = open_data("shapes:videos=2,frames=3")
    assert data.multi_label and data.classes == plain.classes[1:]
    overlapping = 0
    for video, other in zip(data.videos, plain.videos, strict=True):
        planes, labels = unpack_planes(video.mask(2), 4), other.mask(2)
        for label in range(1, 5):
            assert (planes[labels == label, label - 1] == 1).all()
        np.testing.assert_array_equal(planes.any(axis=-1), labels > 0)
        overlapping += int((planes.sum(axis=-1) > 1).sum())
    assert overlapping > 100


def test_the_vector_says_what_is_wanted_and_the_picture_does_not():
    data, plain = open_data("shapes:videos=9,frames=2,vector=1"), open_data("shapes:videos=9,frames=2")
    assert data.vector_names == ("disc", "cross", "bar")
    labels_of = [(1,), (2,), (3, 4)]
    chosen = []
    for video, other in zip(data.videos, plain.videos, strict=True):
        np.testing.assert_array_equal(video.frame(1), other.frame(1))
        (which,) = np.flatnonzero(video.vector(1))
        np.testing.assert_array_equal(video.mask(1) == 1, np.isin(other.mask(1), labels_of[which]))
        chosen.append(which)
    assert set(chosen) == {0, 1, 2}


def test_shapes_are_of_one_kind():
    with pytest.raises(DataError, match="exclude each other; choose one"):
        open_data("shapes:vector=1,multi_label=1")

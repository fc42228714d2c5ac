"""The `scenes` set: what is drawn, what it is called, and what is refused."""

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.data.kinds.cdnet import MOVING, SHADOW, STATIC, UNKNOWN
from seqseg.data.kinds.scenes.cast import KINDS
from seqseg.data.kinds.scenes.scene import Scene
from seqseg.data.kinds.scenes.stock import Shapes, Stock, Textures, cut_outs
from seqseg.errors import DataError

SIZE = (45, 61)
STOCK = Stock(Textures(6, (68, 92)), Shapes())


def scenes_of(kind, count, *, frames=60):
    return [Scene(STOCK, SIZE, frames=frames, seed=(5, number), kind=kind) for number in range(count)]


def test_the_same_seed_draws_the_same_frames_in_any_order():
    first, second = (open_data("scenes:videos=2,frames=9,seed=4,size=45x61").videos[1] for _ in range(2))
    forward = [first.pair(index) for index in range(9)]
    for index in (8, 0, 3):
        np.testing.assert_array_equal(second.frame(index), forward[index][0])
        np.testing.assert_array_equal(second.mask(index), forward[index][1])


def test_seeds_and_splits_have_no_scene_in_common():
    sets = [open_data(f"scenes:videos=3,frames=2,seed={seed},size=45x61", split=split)
            for seed in (0, 1) for split in ("train", "val", "test")]  # fmt: skip
    assert len({video.frame(0).tobytes() for data in sets for video in data.videos}) == 18


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_those_of_changedetection(kind):
    for scene in scenes_of(kind, 6):
        frame, labels = scene.render(40)
        assert frame.shape == (*SIZE, 3)
        assert frame.dtype == labels.dtype == np.uint8
        assert set(np.unique(labels)) <= {STATIC, SHADOW, UNKNOWN, MOVING}


def test_nothing_is_called_moving_where_nothing_moves():
    assert not any((scene.render(t)[1] == MOVING).any() for scene in scenes_of("still", 5) for t in (0, 30, 59))


def test_what_is_there_from_the_first_frame_on_is_unknown_until_it_goes():
    scenes = scenes_of("leaving", 12, frames=300)
    assert not any((scene.render(0)[1] == MOVING).any() for scene in scenes)
    assert sum((scene.render(0)[1] == UNKNOWN).sum() > 20 for scene in scenes) > 6
    assert sum((scene.render(280)[1] == MOVING).any() or not (scene.render(280)[1] == UNKNOWN).any()
               for scene in scenes) > 6  # fmt: skip


def test_an_empty_scene_begins_without_objects_and_a_crowd_fills_it():
    assert not any(scene.render(t)[1].any() for scene in scenes_of("empty", 8) for t in (0, 6, 12))
    shares = [np.mean(scene.render(0)[1] == MOVING) for scene in scenes_of("crowd", 8)]
    assert np.mean(shares) > 0.4


def test_what_is_called_moving_differs_from_the_median_of_all_frames_and_the_rest_does_not():
    for scene in scenes_of("empty", 8, frames=120):
        pairs = [scene.render(t) for t in range(0, 120, 4)]
        frames, labels = np.array([pair[0] for pair in pairs], float), np.array([pair[1] for pair in pairs])
        if not 200 < (labels == MOVING).sum() < 0.2 * labels.size:
            continue
        away = np.abs(frames - np.median(frames, axis=0)).max(axis=-1)
        assert np.median(away[labels == MOVING]) > 2 * np.median(away[labels == STATIC])


def test_shadows_are_background_or_a_class_of_their_own():
    motion = open_data("scenes:videos=4,frames=60,size=45x61,kind=cluttered")
    every = open_data("scenes:videos=4,frames=60,size=45x61,kind=cluttered,labels=all")
    assert motion.classes == ("background", "moving")
    assert every.classes == ("static", "shadow", "moving")
    shadows = 0
    for ours, theirs in zip(motion.videos, every.videos, strict=True):
        two, three = ours.mask(30), theirs.mask(30)
        shadows += (three == 1).sum()
        assert (two[three == 1] == 0).all()
        np.testing.assert_array_equal(two == 1, three == 2)
    assert shadows > 20


def test_the_objects_of_a_picture_are_cut_out_each_by_itself():
    mask = np.zeros((90, 120), np.uint8)
    mask[10:50, 10:40], mask[20:80, 60:100], mask[0:3, 0:3] = 1, 2, 1
    mask[18:20, 60:100] = 255
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), "uint8")
    one, two = cut_outs(frame, mask)
    np.testing.assert_array_equal(one[1:-1, 1:-1, :3], frame[10:50, 10:40])
    assert one.shape == (42, 32, 4)
    assert two.shape == (62, 42, 4)
    assert (one[1:-1, 1:-1, 3] == 255).all()
    assert not one[[0, -1], :, 3].any()


def test_scenes_are_drawn_from_pictures_and_objects_on_disk(shared_data):
    voc, davis = shared_data / "voc", shared_data / "davis"
    spec = f"scenes:backgrounds={voc / 'JPEGImages'},sprites=voc:{voc}+davis:{davis},videos=2,frames=50"
    data = open_data(spec)
    assert data.videos[0].size == (128, 160)
    assert data.videos[1].frame(20).std() > 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("sprites=voc", "write KIND:PATH"),
        ("sprites=vocs:/x", "did you mean voc"),
        ("backgrounds=/nowhere/at/all", "is no folder"),
        ("sprite=voc:/x", "no option 'sprite', did you mean sprites|no option 'sprite'"),
        ("size=8x8", "from 32x32"),
        ("kind=leving", "one of still"),
        ("videos=0", "whole number from 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(options, words):
    with pytest.raises(DataError, match=words) as caught:
        open_data(f"scenes:{options}")
    assert "\n" not in str(caught.value)


def test_pictures_smaller_than_half_of_the_canvas_are_refused_by_name(tmp_path):
    imageio.imwrite(tmp_path / "large.png", np.zeros((128, 160, 3), np.uint8))
    imageio.imwrite(tmp_path / "tiny.png", np.zeros((60, 160, 3), np.uint8))
    with pytest.raises(DataError, match=r"tiny.png is 60x160 .* size=HxW"):
        open_data(f"scenes:backgrounds={tmp_path}")


def test_folders_without_pictures_or_objects_are_refused(tmp_path):
    with pytest.raises(DataError, match="has no images"):
        open_data(f"scenes:backgrounds={tmp_path}")
    speck = np.zeros((64, 64), np.uint8)
    speck[5:8, 5:8] = 1
    for part, values in (("images", np.zeros((64, 64, 3), np.uint8)), ("masks", speck)):
        (tmp_path / part).mkdir()
        imageio.imwrite(tmp_path / part / "one.png", values)
    with pytest.raises(DataError, match="has no labelled object"):
        open_data(f"scenes:sprites=folders:{tmp_path}")

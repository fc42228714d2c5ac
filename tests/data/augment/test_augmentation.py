"""The joint augmentation, checked on shapes whose place after a move is known by hand."""

import cv2
import numpy as np
import pytest

from seqseg.data import VOID
from seqseg.data.augment.augmentation import Augmentation, apply
from seqseg.data.labels.planes import pack_planes, unpack_planes
from seqseg.errors import ConfigError

STILL = {"flip": 0.0, "scale": (1.0, 1.0), "rotate": 0.0, "shift": 0.0, "colour": 0.0}


def only(**change):
    return Augmentation(**(STILL | change))


@pytest.fixture
def scene():
    """A white ellipse and bar on black, (3, 61, 83), with their mask: image and mask say the same."""
    mask = np.zeros((61, 83), np.uint8)
    cv2.ellipse(mask, (30, 25), (17, 9), 25, 0, 360, 1, -1)
    cv2.rectangle(mask, (50, 40), (75, 52), 1, -1)
    frame = np.dstack([mask * 255] * 3)
    return np.stack([frame] * 3), np.stack([mask] * 3)


def test_nothing_drawn_changes_nothing(scene):
    clip, labels = only()(*scene, np.random.default_rng(0))
    np.testing.assert_array_equal(clip, scene[0])
    np.testing.assert_array_equal(labels, scene[1])


def test_a_certain_flip_mirrors_left_and_right(scene):
    clip, labels = only(flip=1.0)(*scene, np.random.default_rng(0))
    np.testing.assert_array_equal(clip, scene[0][:, :, ::-1])
    np.testing.assert_array_equal(labels, scene[1][:, :, ::-1])


GEOMETRY = {
    "flip": 0.5,
    "flip_vertical": 0.5,
    "scale": (0.6, 1.8),
    "rotate": 30.0,
    "shift": 0.2,
    "shear": 20.0,
    "perspective": 0.15,
    "elastic": (2.0, 8.0),
    "crop": (45, 52),
    "balanced_crop": 1.0,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("options", [*GEOMETRY, "all"])
def test_the_moved_mask_is_the_mask_of_the_moved_image_to_a_pixel_at_edges(scene, options, seed):
    chosen = GEOMETRY if options == "all" else {options: GEOMETRY[options]}
    clip, labels = only(**chosen)(*scene, np.random.default_rng(seed))
    seen = (clip[0, ..., 0] > 127).astype(np.uint8)
    known = labels[0] != VOID
    differs = (seen != labels[0]) & known
    near_an_edge = cv2.dilate(cv2.morphologyEx(seen, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), None) > 0
    assert not (differs & ~near_an_edge).any()
    assert differs.sum() < 0.02 * known.sum()


LOOKS = {
    "colour": 0.4,
    "hue": 40.0,
    "saturation": 0.5,
    "blur": 2.0,
    "noise": 12.0,
    "jpeg": (20.0, 60.0),
    "cutout": 0.5,
}
EVERYTHING = GEOMETRY | LOOKS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [*EVERYTHING, "all"])
def test_labels_are_never_mixed_and_void_never_becomes_a_class(options, seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 7, VOID], np.uint8), (2, 61, 83))
    chosen = EVERYTHING if options == "all" else {options: EVERYTHING[options]}
    _, moved = only(**chosen)(np.zeros((2, 61, 83, 3), np.uint8), labels, rng)
    assert set(np.unique(moved)) <= {0, 7, VOID}


@pytest.mark.parametrize("options", [*EVERYTHING, "all"])
def test_all_void_stays_all_void(options):
    labels = np.full((2, 61, 83), VOID, np.uint8)
    chosen = EVERYTHING if options == "all" else {options: EVERYTHING[options]}
    _, moved = only(**chosen)(np.zeros((2, 61, 83, 3), np.uint8), labels, np.random.default_rng(0))
    assert (moved == VOID).all()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", [*EVERYTHING, "all"])
def test_a_pixel_of_several_labels_moves_whole_and_is_void_in_every_class_outside(options, seed):
    """Each class's plane moves as the index mask of that class alone would."""
    classes = 19
    rng = np.random.default_rng(seed)
    planes = rng.choice(np.array([0, 1, VOID], np.uint8), (61, 83, classes))
    chosen = EVERYTHING if options == "all" else {options: EVERYTHING[options]}
    draw = only(**chosen).draw(np.random.default_rng(seed), (61, 83), labels=[pack_planes(planes)])
    frames = np.zeros((1, 61, 83, 3), np.uint8)
    moved = unpack_planes(apply(draw, frames, pack_planes(planes)[None])[1][0], classes)
    for number in range(classes):
        np.testing.assert_array_equal(moved[..., number], apply(draw, frames, planes[None, ..., number])[1][0])


@pytest.mark.parametrize("options", LOOKS)
def test_what_changes_the_look_leaves_every_label_where_it_is(scene, options):
    _, labels = only(**{options: LOOKS[options]})(*scene, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, scene[1])


def test_what_is_off_leaves_what_is_drawn_for_the_rest_as_it_was():
    plain, more = (Augmentation(**extra).draw(np.random.default_rng(3), (61, 83)) for extra in ({}, LOOKS))
    np.testing.assert_array_equal(plain.warp.matrix, more.warp.matrix)


@pytest.mark.parametrize("seed", range(30))
def test_a_balanced_crop_holds_its_class_however_the_clip_is_moved(seed):
    rng = np.random.default_rng(seed)
    labels = np.zeros((2, 61, 83), np.uint8)
    labels[:, rng.integers(61), rng.integers(83)] = 5
    options = GEOMETRY | {"scale": (0.8, 2.0), "crop": (16, 21)}
    draw = Augmentation(**options, class_counts=(10**9, 1, 1, 1, 1, 1)).draw(rng, (61, 83), labels=labels)
    assert (apply(draw, np.zeros((2, 61, 83, 3), np.uint8), labels)[1] == 5).any()


def test_a_balanced_crop_of_a_clip_without_labels_is_any_crop():
    labels = np.full((2, 61, 83), VOID, np.uint8)
    augmentation = only(crop=(16, 21), balanced_crop=1.0)
    draws = [augmentation.draw(np.random.default_rng(seed), (61, 83), labels=labels) for seed in range(5)]
    assert len({tuple(draw.warp.matrix[:2, 2]) for draw in draws}) == 5


def test_newly_exposed_area_is_void_and_shows_no_black():
    clip, labels = np.full((1, 40, 60, 3), 200, np.uint8), np.zeros((1, 40, 60), np.uint8)
    frames, moved = only(scale=(0.5, 0.5))(clip, labels, np.random.default_rng(0))
    inside = np.zeros((40, 60), bool)
    inside[10:30, 15:45] = True  # half the size, in the middle
    np.testing.assert_array_equal(moved[0] == 0, inside)
    np.testing.assert_array_equal(moved[0] == VOID, ~inside)
    assert (frames == 200).all()


def test_a_crop_is_a_piece_of_the_clip():
    clip = np.random.default_rng(0).integers(0, 255, (2, 40, 60, 3), np.uint8)
    labels = clip[..., 0]
    frames, masks = only(crop=(16, 21))(clip, labels, np.random.default_rng(4))
    assert frames.shape == (2, 16, 21, 3)
    np.testing.assert_array_equal(frames[..., 0], frames[..., 0])
    assert any(
        np.array_equal(clip[:, top : top + 16, left : left + 21, 0], masks) for top in range(25) for left in range(40)
    )


def test_crops_reach_every_edge():
    clip, labels = np.zeros((1, 9, 9, 3), np.uint8), np.arange(81, dtype=np.uint8).reshape(1, 9, 9)
    rng = np.random.default_rng(0)
    corners = {int(only(crop=(8, 8))(clip, labels, rng)[1][0, 0, 0]) for _ in range(60)}
    assert corners == {0, 1, 9, 10}


def test_every_frame_of_a_clip_is_moved_and_coloured_alike():
    frame = np.random.default_rng(0).integers(0, 255, (33, 47, 3), np.uint8)
    clip = np.stack([frame] * 4)
    frames, labels = Augmentation()(clip, clip[..., 0], np.random.default_rng(1))
    assert (frames == frames[0]).all() and (labels == labels[0]).all()


def test_colour_changes_the_image_and_not_its_labels(scene):
    grey = np.full_like(scene[0], 100)
    frames, labels = only(colour=0.3)(grey, scene[1], np.random.default_rng(2))
    assert len(np.unique(frames.reshape(-1, 3), axis=0)) == 1
    assert (frames != 100).any()
    np.testing.assert_array_equal(labels, scene[1])


def test_the_same_seed_draws_the_same(scene):
    first, second = (Augmentation()(*scene, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_one_draw_serves_many_clips_alike(scene):
    drawn = Augmentation().draw(np.random.default_rng(0), (61, 83))
    np.testing.assert_array_equal(apply(drawn, *scene)[0][0], apply(drawn, scene[0][:1], scene[1][:1])[0][0])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("scale", (1.5, 0.75)),
        ("scale", (0.0, 1.0)),
        ("flip", 1.5),
        ("rotate", -1.0),
        ("shift", -0.1),
        ("shear", 45.0),
        ("perspective", 0.3),
        ("elastic", (1.0, 0.0)),
        ("elastic", (-1.0, 4.0)),
        ("jpeg", (0, 50)),
        ("jpeg", (60, 50)),
        ("cutout", 1.5),
        ("balanced_crop", 2.0),
    ],
)
def test_impossible_settings_are_refused_by_name(option, value):
    with pytest.raises(ConfigError, match=f"augment.{option}"):
        Augmentation(**{option: value})

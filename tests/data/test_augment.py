"""The joint augmentation, checked on shapes whose place after a move is known by hand."""

import cv2
import numpy as np
import pytest

from seqseg.data import VOID
from seqseg.data.augment import Augmentation, apply
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


@pytest.mark.parametrize("seed", range(8))
def test_the_moved_mask_is_the_mask_of_the_moved_image_to_a_pixel_at_edges(scene, seed):
    augmentation = Augmentation(flip=0.5, scale=(0.6, 1.8), rotate=30, shift=0.2, colour=0.0)
    clip, labels = augmentation(*scene, np.random.default_rng(seed))
    seen = (clip[0, ..., 0] > 127).astype(np.uint8)
    known = labels[0] != VOID
    differs = (seen != labels[0]) & known
    near_an_edge = cv2.dilate(cv2.morphologyEx(seen, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), None) > 0
    assert not (differs & ~near_an_edge).any()
    assert differs.sum() < 0.02 * known.sum()


@pytest.mark.parametrize("seed", range(20))
def test_labels_are_never_mixed_and_void_never_becomes_a_class(seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([0, 7, VOID], np.uint8), (2, 45, 61))
    augmentation = Augmentation(scale=(0.5, 2.0), rotate=45, shift=0.3)
    _, moved = augmentation(np.zeros((2, 45, 61, 3), np.uint8), labels, rng)
    assert set(np.unique(moved)) <= {0, 7, VOID}


def test_all_void_stays_all_void():
    labels = np.full((2, 45, 61), VOID, np.uint8)
    _, moved = Augmentation(rotate=40)(np.zeros((2, 45, 61, 3), np.uint8), labels, np.random.default_rng(0))
    assert (moved == VOID).all()


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
    [("scale", (1.5, 0.75)), ("scale", (0.0, 1.0)), ("flip", 1.5), ("rotate", -1.0), ("shift", -0.1)],
)
def test_impossible_settings_are_refused_by_name(option, value):
    with pytest.raises(ConfigError, match=f"augment.{option}"):
        Augmentation(**{option: value})

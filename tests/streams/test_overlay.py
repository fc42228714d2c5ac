import numpy as np
import pytest

from streams.overlay import Overlay

PALETTE = np.uint8([[0, 0, 0], [200, 0, 0], [0, 200, 0], [0, 0, 200]])
NAMES = ["ground", "car", "tree", "lake"]


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.fixture
def mask():
    return np.random.default_rng(1).choice(np.uint8([0, 1, 2, 3, 255]), (37, 53))


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_colours_are_mixed_as_numpy_would_mix_them(picture, mask, alpha):
    drawn = Overlay(PALETTE, NAMES, alpha=alpha, legend=False).draw(picture, mask)
    colours = np.concatenate([PALETTE, np.zeros((252, 3), np.uint8)])[mask]
    wanted = picture * (1 - alpha) + colours * alpha
    wanted[(mask == 0) | (mask == 255)] = picture[(mask == 0) | (mask == 255)]
    assert np.abs(drawn - wanted).max() <= 0.5 + 1e-6


def test_void_and_black_classes_leave_the_picture_as_it_was(picture):
    void = np.full(picture.shape[:2], 255, np.uint8)
    void[::2] = 0
    np.testing.assert_array_equal(Overlay(PALETTE, NAMES, legend=False).draw(picture, void), picture)


def test_a_value_that_is_no_class_shows_white():
    drawn = Overlay(PALETTE, NAMES, alpha=1.0, legend=False).draw(np.zeros((1, 1, 3), np.uint8), np.uint8([[17]]))
    assert drawn.tolist() == [[[255, 255, 255]]]


def test_the_picture_and_the_mask_are_not_written_into(picture, mask):
    before = picture.copy(), mask.copy()
    Overlay(PALETTE, NAMES).draw(picture, mask)
    np.testing.assert_array_equal(picture, before[0])
    np.testing.assert_array_equal(mask, before[1])


def has_colour(drawn, colour):
    return (drawn == np.uint8(colour)).all(axis=-1).any()


def test_the_legend_shows_the_classes_present_and_no_others():
    mask = np.full((120, 160), 255, np.uint8)
    mask[100:, 100:] = 2
    corner = Overlay(PALETTE, NAMES, alpha=0.5).draw(np.full((120, 160, 3), 90, np.uint8), mask)[:60, :80]
    assert has_colour(corner, PALETTE[2])
    assert not has_colour(corner, PALETTE[1]) and not has_colour(corner, PALETTE[3])


def test_no_legend_is_drawn_over_a_picture_that_is_all_void():
    picture = np.full((120, 160, 3), 90, np.uint8)
    drawn = Overlay(PALETTE, NAMES).draw(picture, np.full((120, 160), 255, np.uint8))
    np.testing.assert_array_equal(drawn, picture)


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (12, 3), (3, 200), (241, 321)])
def test_any_size_can_be_drawn(size):
    mask = np.random.default_rng(0).integers(0, 4, size, dtype=np.uint8)
    assert Overlay(PALETTE, NAMES).draw(np.zeros((*size, 3), np.uint8), mask).shape == (*size, 3)


def test_a_palette_without_a_colour_for_each_name_is_refused():
    with pytest.raises(ValueError, match=r"palette must be \(3, 3\)"):
        Overlay(PALETTE, NAMES[:3])

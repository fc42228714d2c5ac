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


def test_the_mask_alone_is_its_colours_with_void_grey(picture, mask):
    drawn = Overlay(PALETTE, NAMES, view="mask", legend=False).draw(picture, mask)
    colours = np.concatenate([PALETTE, np.full((252, 3), 64, np.uint8)])
    np.testing.assert_array_equal(drawn, colours[mask])


def test_side_by_side_is_the_picture_and_its_overlay(picture, mask):
    drawn = Overlay(PALETTE, NAMES, view="side_by_side").draw(picture, mask)
    np.testing.assert_array_equal(drawn[:, :53], picture)
    np.testing.assert_array_equal(drawn[:, 53:], Overlay(PALETTE, NAMES).draw(picture, mask))


def test_of_the_classes_only_those_asked_for_are_drawn(picture, mask):
    drawn = Overlay(PALETTE, NAMES, only=["tree"], alpha=1.0, legend=False).draw(picture, mask)
    wanted = picture.copy()
    wanted[mask == 2] = PALETTE[2]
    np.testing.assert_array_equal(drawn, wanted)
    np.testing.assert_array_equal(
        Overlay(PALETTE, NAMES, only=["tree"], view="mask", legend=False).draw(picture, mask)[mask == 1], 0
    )


def test_contours_are_where_another_class_is_near(picture):
    mask = np.zeros((37, 53), np.uint8)
    mask[10:20, 10:20] = 1
    drawn = Overlay(PALETTE, NAMES, alpha=0.0, contours=True, legend=False).draw(picture, mask)
    wanted = picture.copy()
    wanted[10:20, 10:20] = PALETTE[1]
    wanted[11:19, 11:19] = picture[11:19, 11:19]
    np.testing.assert_array_equal(drawn, wanted)


@pytest.mark.parametrize("options", [{"view": "mask"}, {"view": "side_by_side"}, {"contours": True}])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (241, 321)])
def test_every_view_draws_any_size_and_writes_into_nothing(options, size):
    picture, mask = np.full((*size, 3), 9, np.uint8), np.random.default_rng(0).integers(0, 4, size, dtype=np.uint8)
    before = mask.copy()
    drawn = Overlay(PALETTE, NAMES, areas=True, **options).draw(picture, mask)
    assert drawn.shape == (size[0], size[1] * (2 if options.get("view") == "side_by_side" else 1), 3)
    assert (picture == 9).all() and (mask == before).all()


def test_shares_in_the_legend_leave_void_out():
    overlay, mask = Overlay(PALETTE, NAMES, areas=True), np.full((240, 320), 255, np.uint8)
    mask[:60], mask[60:80] = 1, 2
    overlay.draw(np.zeros((240, 320, 3), np.uint8), mask)
    assert {text for text, _ in overlay.legend._lines if "%" in text} == {"75.0 %", "25.0 %", "100.0 %"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": "sideways"}, "view must be one of overlay, mask, side_by_side"),
        ({"only": ["boat"]}, "there is no class boat; the classes are ground, car, tree, lake"),
        ({"alpha": 1.5}, "alpha must be between 0 and 1"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Overlay(PALETTE, NAMES, **options)

"""Which pixel a balanced crop is cut around."""

import numpy as np
import pytest

from seqseg.data.augment.rare_crop import rare_pixel
from seqseg.data.labels.planes import pack_planes
from seqseg.data.video import VOID


def strips():
    """A mask (40, 10) of class 0, but for a row of class 1, one of class 2 and one of void."""
    mask = np.zeros((40, 10), np.uint8)
    mask[3], mask[7], mask[9] = 1, 2, VOID
    return mask


def drawn(labels, counts=None, draws=600):
    rng = np.random.default_rng(0)
    return [rare_pixel(rng, labels, counts) for _ in range(draws)]


def shares(mask, places):
    found = np.bincount([mask[place] for place in places], minlength=3)
    return found / len(places)


def test_a_class_is_drawn_inversely_to_its_pixels_in_the_set():
    np.testing.assert_allclose(shares(strips(), drawn([strips()], [8, 4, 1])), np.array([1, 2, 8]) / 11, atol=0.05)


def test_without_counts_of_the_set_those_of_the_frame_count():
    chances = np.array([1 / 370, 1 / 10, 1 / 10])
    np.testing.assert_allclose(shares(strips(), drawn([strips()])), chances / chances.sum(), atol=0.05)


def test_every_pixel_of_the_class_is_drawn():
    assert {x for y, x in drawn([strips()], [10**9, 1, 10**9])} == set(range(10))


def test_frames_without_labels_are_passed_over():
    nothing = np.full((40, 10), VOID, np.uint8)
    assert None not in drawn([nothing, strips(), nothing], draws=50)


@pytest.mark.parametrize("nothing", [np.full((4, 5), VOID, np.uint8), np.zeros((4, 5, 4), np.uint8)])
def test_where_nothing_is_labelled_there_is_no_pixel(nothing):
    assert rare_pixel(np.random.default_rng(0), [nothing]) is None


def test_a_pixel_with_several_labels_counts_for_each_of_them():
    planes = np.zeros((40, 10, 12), np.uint8)
    planes[..., 0] = 1
    planes[5, 6, [3, 11]] = 1
    places = drawn([pack_planes(planes)], [400] + [1] * 11, draws=200)
    assert np.mean([place == (5, 6) for place in places]) > 0.95

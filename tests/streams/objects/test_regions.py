import numpy as np
import pytest
import scipy.ndimage

from streams.objects.regions import MOST, overlaps, regions_of


@pytest.fixture
def mask():
    """Blobs of two classes, 61x83."""
    noise = scipy.ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(61, 83)), 3)
    return np.select([noise > 0.08, noise < -0.08], [2, 1]).astype(np.uint8)


def test_regions_are_those_that_scipy_labels_class_by_class(mask):
    found = regions_of(mask, (1, 2)).found
    wanted = []
    for value in (1, 2):
        labels, count = scipy.ndimage.label(mask == value, np.ones((3, 3)))
        for number in range(1, count + 1):
            y, x = scipy.ndimage.center_of_mass(labels == number)
            wanted.append((value, int((labels == number).sum()), round(x, 6), round(y, 6)))
    got = [(one.value, one.area, *(round(part, 6) for part in one.centroid)) for one in found]
    assert sorted(got) == sorted(wanted) and len(wanted) > 5


def test_the_pixels_of_a_region_are_in_its_box(mask):
    regions = regions_of(mask, (1, 2))
    painted = np.zeros_like(mask)
    for one in regions.found:
        x, y, width, height = one.box
        painted[y : y + height, x : x + width][one.pixels] = one.value
    np.testing.assert_array_equal(painted, mask)


def test_small_regions_other_classes_and_void_are_no_objects(mask):
    mask[:9, :9] = 255
    found = regions_of(mask, (2,), least=40).found
    assert {one.value for one in found} == {2} and min(one.area for one in found) >= 40


def test_of_too_many_regions_the_largest_are_kept_and_the_others_counted():
    mask = np.zeros((100, 100), np.uint8)
    mask[::2, ::2] = 1  # 2500 regions
    mask[:3, :3] = 1
    regions = regions_of(mask, (1,))
    assert len(regions.found) == MOST and regions.left_out == 2500 - 3 - MOST
    assert max(one.area for one in regions.found) == 9


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-90, 0), (80, 60), (0, 200)])
def test_overlaps_are_counted_as_on_a_larger_canvas(mask, shift):
    regions = regions_of(mask, (1, 2))
    canvas, labels = np.zeros((461, 483), bool), np.zeros((461, 483), int)
    one = max(regions.found, key=lambda region: region.area)
    x, y, width, height = one.box
    y, x = y + 200 + shift[1], x + 200 + shift[0]
    canvas[y : y + height, x : x + width] = one.pixels
    labels[200:261, 200:283] = regions.labels
    wanted = np.bincount(labels[canvas], minlength=len(regions.found) + 1)[1:]
    np.testing.assert_array_equal(overlaps(one, shift, regions.labels, len(regions.found)), wanted)

"""The one warp, against arithmetic and against moving a picture step by step."""

import math

import numpy as np
import pytest

from seqseg.data.augment.warp import Warp, affine, elastic_displacement, perspective, project
from seqseg.data.video import VOID


def ramp(height=61, width=83):
    """A picture whose red is its x and green its y, so that each pixel shows where it came from."""
    y, x = np.mgrid[:height, :width].astype(np.uint8)
    return np.dstack([x, y, np.zeros_like(x)])


def test_a_shear_of_45_degrees_moves_a_row_by_its_distance_from_the_middle():
    matrix = affine((30.5, 41.5), (61, 83), shear=(math.radians(45), 0))
    np.testing.assert_allclose(project(matrix, np.array([41, 30])), (41, 30), atol=1e-9)
    np.testing.assert_allclose(project(matrix, np.array([41, 40])), (51, 40), atol=1e-9)


def test_a_vertical_mirror_turns_the_picture_over():
    frame = ramp()
    warp = Warp(affine((30.5, 41.5), (61, 83), mirrored=(False, True)), (61, 83))
    np.testing.assert_array_equal(warp.frame(frame), frame[::-1])
    np.testing.assert_array_equal(warp.mask(frame[..., 1]), frame[::-1, :, 1])


def test_the_corners_of_a_perspective_come_from_where_they_were_moved_to():
    moves = np.array([[0.1, 0.05], [-0.1, 0.0], [0.02, -0.1], [0.0, 0.1]])
    matrix = perspective(moves, (61, 83))
    for corner, move in zip([(0, 0), (82, 0), (82, 60), (0, 60)], moves, strict=True):
        np.testing.assert_allclose(project(matrix, np.array(corner)), corner + move * (83, 61), atol=1e-3)


def test_straight_lines_stay_straight_in_perspective():
    matrix = perspective(np.array([[0.1, 0.1], [0, 0], [-0.1, 0], [0.1, 0]]), (61, 83))
    first, middle, last = (project(matrix, np.array(point)) for point in ((5, 5), (25, 20), (65, 50)))
    (ax, ay), (bx, by) = middle - first, last - first
    assert abs(ax * by - ay * bx) < 1e-6


@pytest.mark.parametrize("elastic", [False, True])
@pytest.mark.parametrize("flat", [False, True])
def test_a_pixel_comes_from_where_the_warp_says(elastic, flat):
    rng = np.random.default_rng(0)
    size = (61, 83)
    matrix = affine((30.5, 41.5), size, zoom=1.3, angle=0.2, shear=(0.1, 0.05))
    if not flat:
        matrix = matrix @ perspective(rng.uniform(-0.1, 0.1, (4, 2)), size)
    warp = Warp(matrix, size, elastic_displacement(rng, size, deviation=1.5, smoothness=6) if elastic else None)
    frame = ramp()
    moved, mask = warp.frame(frame).astype(float), warp.mask(frame[..., 0])
    for x, y in [(40, 30), (30, 22), (50, 38), (35, 35)]:
        source = warp.to_source(x, y)
        assert 1 < source[0] < 81 and 1 < source[1] < 59
        np.testing.assert_allclose(moved[y, x, :2], source, atol=0.6)  # a ramp between pixels, to a grey level
        assert abs(int(mask[y, x]) - source[0]) <= 0.55


@pytest.mark.parametrize("elastic", [False, True])
def test_a_pixel_to_be_shown_is_sampled_exactly(elastic):
    rng = np.random.default_rng(1)
    size = (20, 30)
    for number in range(50):
        x, y = int(rng.integers(83)), int(rng.integers(61))
        matrix = affine(rng.uniform(0, 60, 2), size, zoom=rng.uniform(0.5, 2), angle=rng.uniform(-3, 3))
        displacement = elastic_displacement(rng, size, deviation=3, smoothness=5) if elastic else None
        mask = np.zeros((61, 83), np.uint8)
        mask[y, x] = 1
        assert (Warp(matrix, size, displacement).showing(x, y).mask(mask) == 1).any(), number


def test_many_planes_move_as_each_alone_and_take_their_own_border():
    planes = np.random.default_rng(0).integers(0, 256, (61, 83, 6), np.uint8)
    warp = Warp(affine((30.5, 41.5), (61, 83), zoom=0.5), (61, 83))
    void = np.uint8([0, 0, 0, 255, 255, 7])
    moved = warp.mask(planes, void=void)
    for number in range(6):
        np.testing.assert_array_equal(moved[..., number], warp.mask(planes[..., number], void=void[number]))
    np.testing.assert_array_equal(moved[0, 0], void)


def test_what_is_written_in_place_is_what_is_given():
    frame = ramp()
    warp = Warp(affine((30.5, 41.5), (61, 83), angle=0.3), (61, 83))
    picture, mask, planes = np.empty_like(frame), np.empty((61, 83), np.uint8), np.empty((61, 83, 2), np.uint8)
    warp.frame(frame, picture)
    warp.mask(frame[..., 0], mask)
    warp.mask(frame[..., :2], planes, void=(0, VOID))
    np.testing.assert_array_equal(picture, warp.frame(frame))
    np.testing.assert_array_equal(mask, warp.mask(frame[..., 0]))
    np.testing.assert_array_equal(planes, warp.mask(frame[..., :2], void=(0, VOID)))


@pytest.mark.parametrize(("deviation", "smoothness"), [(2.0, 4.0), (5.0, 20.0), (1.0, 200.0), (3.0, 0.7)])
def test_an_elastic_displacement_spreads_as_asked(deviation, smoothness):
    displacement = elastic_displacement(np.random.default_rng(0), (61, 83), deviation=deviation, smoothness=smoothness)
    np.testing.assert_allclose(displacement.std((0, 1)), deviation, rtol=1e-3)
    np.testing.assert_allclose(displacement.mean((0, 1)), 0, atol=1e-3 * deviation)


@pytest.mark.parametrize("smoothness", [6.0, 12.0])
def test_an_elastic_displacement_is_as_smooth_as_asked(smoothness):
    """Noise under a Gaussian of deviation s has slopes of deviation 1 / (s sqrt 2) of its own."""
    displacement = elastic_displacement(np.random.default_rng(0), (500, 600), deviation=1.0, smoothness=smoothness)
    slopes = np.diff(displacement, axis=0).std()
    np.testing.assert_allclose(slopes, 1 / (smoothness * math.sqrt(2)), rtol=0.1)

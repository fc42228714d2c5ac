import numpy as np
import pytest
import scipy.ndimage
from pycocotools import mask as coco

from seqseg.data.drawn.shapes import Shape, as_labelme
from seqseg.data.drawn.writing.outlines import along_edges, simplified, through_centres, with_keyholes


def blobs(seed, size=(37, 45)):
    """Regions of every form: single pixels, holes, islands in holes, corners that touch."""
    rng = np.random.default_rng(seed)
    return scipy.ndimage.gaussian_filter(rng.normal(size=size), seed % 7 / 3) > 0.02


@pytest.mark.parametrize("seed", range(14))
def test_exact_outlines_along_edges_are_painted_by_pycocotools_to_the_same_pixels(seed):
    pixels = blobs(seed)
    painted = np.zeros(pixels.shape, bool)
    for outline in along_edges(pixels, 0):
        ring = [with_keyholes(outline).ravel().tolist()]
        painted |= coco.decode(coco.frPyObjects(ring, *pixels.shape))[..., 0] > 0
    np.testing.assert_array_equal(painted, pixels)


@pytest.mark.parametrize("seed", range(14))
def test_exact_outlines_through_centres_are_painted_by_pillow_to_the_same_pixels(seed):
    pixels = blobs(seed)
    painted = np.zeros(pixels.shape, bool)
    parts, count = scipy.ndimage.label(pixels)
    boxes = scipy.ndimage.find_objects(parts)
    largest_first = sorted(range(count), key=lambda number: -painted[boxes[number]].size)
    for number in largest_first:
        for layer in through_centres(parts == number + 1, 0):
            covered = as_labelme(Shape("cell", "polygon", layer.ring), *pixels.shape)
            painted = painted & ~covered if layer.hole else painted | covered
    np.testing.assert_array_equal(painted, pixels)


@pytest.mark.parametrize("error", [0.5, 1.0, 3.0])
def test_no_corner_is_further_from_a_simplified_outline_than_its_error(error):
    pixels = scipy.ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(91, 113)), 6) > 0
    for exact, simple in zip(along_edges(pixels, 0), along_edges(pixels, error), strict=True):
        closed = np.concatenate([simple.outer, simple.outer[:1]]).astype(float)
        # Independent: along every side 400 points, of which the nearest to each corner of the exact outline.
        sides = np.concatenate([np.linspace(a, b, 400) for a, b in zip(closed[:-1], closed[1:], strict=True)])
        furthest = max(np.linalg.norm(sides - corner, axis=1).min() for corner in exact.outer)
        assert furthest <= error + 0.1
        assert 3 <= len(simple.outer) <= len(exact.outer)


def test_a_simplified_ring_keeps_three_points():
    ring = np.array([[0, 0], [9, 0], [9, 1], [0, 1]])
    assert len(simplified(ring, 50.0)) == 3


def test_regions_that_meet_at_a_corner_are_parts():
    outlines = along_edges(np.eye(3, dtype=bool), 0)
    assert [outline.outer.tolist() for outline in outlines][1] == [[1, 1], [2, 1], [2, 2], [1, 2]]

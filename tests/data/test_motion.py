"""Motion between pictures, how far it is trusted, and maps moved along it."""

import cv2
import numpy as np
import pytest

from seqseg.data.motion import motion_between, moved, noise_of, on_tile, small_grey, small_size
from seqseg.geometry import Resizing

SMOOTH = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (160, 220), "uint8"), (0, 0), 4)
WORLD = cv2.normalize(SMOOTH, None, 0, 255, cv2.NORM_MINMAX)


def shifted(down, right):
    return WORLD[20 + down : 120 + down, 20 + right : 160 + right]


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 21])
def test_maps_are_taken_from_where_the_flow_says(channels):
    maps = np.arange(20, dtype="float32").reshape(4, 5, 1) + 100 * np.arange(channels, dtype="float32")
    flow = np.zeros((4, 5, 2), "float32")
    flow[..., 0] = 1
    expected = maps[:, [1, 2, 3, 4, 4]]  # the border goes on
    np.testing.assert_array_equal(moved(maps, flow), expected)
    np.testing.assert_array_equal(moved(maps[..., 0], flow), expected[..., 0])


def test_a_flow_of_another_size_is_in_its_own_pixels():
    maps, flow = np.arange(12, dtype="float32") * np.ones((8, 1), "float32"), np.zeros((4, 6, 2), "float32")
    flow[..., 0] = 1  # a pixel of the half is two of the whole
    np.testing.assert_array_equal(moved(maps, flow)[0, :10], np.arange(2, 12))


def test_the_motion_of_a_camera_is_found_and_trusted():
    motion = motion_between(shifted(0, 0), shifted(-2, -3))
    inner = slice(15, -15)
    np.testing.assert_allclose(np.median(motion.flow[inner, inner], axis=(0, 1)), [3, 2], atol=0.2)
    assert motion.trust[inner, inner].mean() > 0.9


def test_what_comes_into_view_is_not_trusted():
    motion = motion_between(shifted(0, 0), shifted(0, -8))
    assert motion.trust[20:-20, -4:].mean() < 0.1 < 0.8 < motion.trust[20:-20, 20:-20].mean()


def test_noise_is_measured_and_does_not_cost_trust():
    random = np.random.default_rng(1)
    noisy = [
        np.clip(frame + random.normal(0, 25, frame.shape), 0, 255).astype("uint8")
        for frame in (shifted(0, 0), shifted(-2, -3))
    ]
    assert noise_of(noisy[0]) == pytest.approx(25, rel=0.15)
    motion = motion_between(*noisy)
    inner = slice(15, -15)
    np.testing.assert_allclose(np.median(motion.flow[inner, inner], axis=(0, 1)), [3, 2], atol=0.5)
    assert motion.trust[inner, inner].mean() > 0.8


def test_small_pictures_have_at_most_so_many_pixels():
    assert small_size(360, 480) == (180, 240)
    height, width = small_size(1080, 1920)
    assert 70_000 < height * width < 81_000 and height / width == pytest.approx(1080 / 1920, rel=0.01)
    assert small_grey(np.full((3, 5, 1), np.nan, "float32"), (2, 3)).tolist() == [[0] * 3] * 2


def test_a_tile_sees_its_part_of_the_motion_in_its_own_pixels():
    motion = motion_between(shifted(0, 0), shifted(-2, -3))  # of a picture of 200 x 280 at half the size
    placement = Resizing("tile", (120, 160)).place(200, 280)
    flow, trust = on_tile(motion, placement, len(placement.tiles) - 1, (60, 80))
    np.testing.assert_allclose(flow, motion.flow[-60:, -80:], atol=1e-3)
    np.testing.assert_allclose(trust, motion.trust[-60:, -80:], atol=1e-3)
    enlarged = Resizing("resize", (400, 560)).place(200, 280)
    flow, _ = on_tile(motion, enlarged, 0, (200, 280))
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), [6, 4], atol=0.4)

"""Motion between frames, beside what moved them and beside OpenCV's."""

import cv2
import numpy as np
import pytest
from keras import ops

from seqseg.data.flow import flow_back
from seqseg.layers.motion import lucas_kanade
from seqseg.layers.sample import sample

HEIGHT, WIDTH = 61, 83


def texture():
    """A picture of 0–1, twice as large as the frames, that is nowhere flat."""
    noise = np.random.default_rng(0).random((2 * HEIGHT, 2 * WIDTH, 3), "float32")
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return (smooth - smooth.min()) / np.ptp(smooth)


def seen_through(matrix):
    """The frame that shows the texture moved by a 2 x 3 matrix."""
    return cv2.warpAffine(texture(), np.float32(matrix), (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)[None]


def moved(right, down):
    return seen_through([[1, 0, right - 20], [0, 1, down - 20]])


def flow_of(before, after, **options):
    return ops.convert_to_numpy(lucas_kanade(before, after, **options))[0]


@pytest.mark.parametrize("motion", [(0, 0), (0.4, -0.3), (3.5, -2.0), (-6.0, 5.0)])
def test_a_shift_is_found_to_a_tenth_of_a_pixel(motion):
    flow = flow_of(moved(0, 0), moved(*motion))[10:-10, 10:-10]
    np.testing.assert_allclose(flow.mean(axis=(0, 1)), -np.array(motion), atol=0.1)
    assert flow.std(axis=(0, 1)).max() < 0.2


def test_a_turn_is_found_as_opencv_finds_it():
    still, turned = (seen_through(_turned(angle)) for angle in (0, 3))
    ours = flow_of(still, turned)
    theirs = flow_back(*(np.uint8(255 * frame[0]) for frame in (turned, still)))
    away = np.linalg.norm(ours - theirs, axis=-1)[10:-10, 10:-10]
    assert np.linalg.norm(theirs, axis=-1).max() > 2 and away.mean() < 0.2


def _turned(angle):
    matrix = cv2.getRotationMatrix2D((WIDTH, HEIGHT), angle, 1.0)
    matrix[:, 2] -= WIDTH / 2, HEIGHT / 2
    return matrix


def test_where_there_is_nothing_to_see_nothing_moves():
    flat = np.full((2, 21, 29, 3), 0.5, "float32")
    np.testing.assert_array_equal(flow_of(flat, flat), 0)


def test_grey_frames_of_any_size_will_do():
    frames = np.random.default_rng(0).random((2, 1, 5, 7, 1), "float32")
    assert np.isfinite(flow_of(*frames, levels=6)).all()


def test_a_flow_that_is_no_number_gives_none():
    frames, flow = np.ones((1, 5, 7, 3), "float32"), np.zeros((1, 5, 7, 2), "float32")
    flow[0, 2, 3] = np.nan
    sampled = ops.convert_to_numpy(sample(frames, flow))
    assert np.isnan(sampled[0, 2, 3]).all() and np.isnan(sampled).sum() == 3

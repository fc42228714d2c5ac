"""Warping, against torch's grid_sample and by hand."""

import numpy as np
import pytest
from keras import ops

from seqseg.layers.warp import warp


def test_it_is_torchs_bilinear_sampling_inside_the_frame():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(2, 3, 5, 7, 4)).astype("float32")
    flow = rng.normal(scale=2, size=(2, 3, 5, 7, 2)).astype("float32")
    x, y = flow[..., 0] + np.arange(7), flow[..., 1] + np.arange(5)[:, None]
    grid = np.stack([2 * x / 6 - 1, 2 * y / 4 - 1], -1).reshape(6, 5, 7, 2).astype("float32")
    images = torch.tensor(frames.reshape(6, 5, 7, 4)).permute(0, 3, 1, 2)
    sampled = torch.nn.functional.grid_sample(images, torch.tensor(grid), align_corners=True)
    expected = sampled.permute(0, 2, 3, 1).numpy().reshape(frames.shape)
    warped, inside = (ops.convert_to_numpy(value) for value in warp(frames, ops.convert_to_tensor(flow)))
    np.testing.assert_array_equal(inside, (x >= 0) & (x <= 6) & (y >= 0) & (y <= 4))
    np.testing.assert_allclose(warped, expected * inside[..., None], atol=1e-5)


def test_no_flow_changes_nothing():
    frames = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")
    warped, inside = warp(frames, np.zeros((2, 5, 7, 2), "float32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(warped), frames)
    assert ops.convert_to_numpy(inside).all()


def test_flow_is_right_then_down_to_where_a_pixel_was():
    frame = np.arange(6, dtype="float32").reshape(1, 2, 3, 1)
    warped, inside = warp(frame, np.broadcast_to(np.float32([1, 0]), (1, 2, 3, 2)))
    np.testing.assert_array_equal(ops.convert_to_numpy(warped)[0, ..., 0], [[1, 2, 0], [4, 5, 0]])
    np.testing.assert_array_equal(ops.convert_to_numpy(inside)[0], [[1, 1, 0], [1, 1, 0]])

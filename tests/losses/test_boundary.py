"""Which pixels are near a boundary, and what they weigh."""

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.losses import BoundaryCrossEntropy, CrossEntropy
from seqseg.losses.boundary import near_boundary
from seqseg.losses.target import read_target


def near(labels, radius, classes=3):
    logits = np.zeros((*labels.shape, classes), "float32")
    return ops.convert_to_numpy(near_boundary(read_target(labels, logits, void=255), radius=radius))


def brute_force(labels, radius):
    n, height, width = labels.shape
    out = np.zeros(labels.shape)
    for i, y, x in np.ndindex(n, height, width):
        window = labels[i, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        out[i, y, x] = len(set(window[window != 255].tolist())) > 1
    return out


@pytest.mark.parametrize("radius", [1, 2])
def test_a_pixel_is_near_where_its_neighbours_are_of_several_classes(radius):
    labels = np.random.default_rng(1).choice([0, 0, 0, 0, 0, 0, 0, 1, 2, 255], (2, 9, 13)).astype("uint8")
    labels[:, :, 6:] = 1
    np.testing.assert_array_equal(near(labels, radius), brute_force(labels, radius))


def test_void_makes_no_boundary():
    labels = np.zeros((1, 5, 7), "uint8")
    labels[0, 2, 3] = 255
    assert not near(labels, 2).any()


def test_frames_of_a_clip_do_not_touch():
    clip = np.stack([np.zeros((1, 5, 7)), np.ones((1, 5, 7))], 1)
    assert not near(clip, 1).any()


def test_an_edge_weighs_more_by_hand():
    labels = np.array([[[0, 0, 0, 1, 1, 1]]])
    logits = np.random.default_rng(0).normal(size=(1, 1, 6, 2))
    pixels = np.array([float(CrossEntropy()(labels[..., i], logits[..., i, :])) for i in range(6)])
    weights = np.array([1, 1, 4, 4, 1, 1])
    loss = BoundaryCrossEntropy(extra=3, radius=1)
    assert float(loss(labels, logits)) == pytest.approx((pixels * weights).sum() / 12, rel=1e-5)


def test_a_radius_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="radius must be at least 1"):
        BoundaryCrossEntropy(radius=0)

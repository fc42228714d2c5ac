"""Binary cross-entropy of overlapping classes, against torch."""

import math

import numpy as np
import pytest

from seqseg.losses import BinaryCrossEntropy


def test_it_is_torchs_over_the_planes_that_are_known():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 2, (2, 5, 7, 3)).astype("uint8")
    planes[rng.random(planes.shape) < 0.3] = 255
    logits = rng.normal(scale=4, size=planes.shape).astype("float32")
    weights = np.float32([1, 2, 0.5])
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(logits), torch.tensor((planes == 1).astype("float32")), reduction="none"
    ).numpy()
    counted = (planes != 255) * weights
    expected = (losses * counted).sum() / counted.sum()
    assert float(BinaryCrossEntropy(class_weights=weights)(planes, logits)) == pytest.approx(expected, rel=1e-5)


def test_a_pixel_may_carry_several_classes_or_none():
    logits = np.array([[[[9.0, 9.0], [-9.0, -9.0]]]])
    right, wrong = np.array([[[[1, 1], [0, 0]]]]), np.array([[[[0, 0], [1, 1]]]])
    assert float(BinaryCrossEntropy()(right, logits)) == pytest.approx(math.log1p(math.exp(-9)), rel=1e-4)
    assert float(BinaryCrossEntropy()(wrong, logits)) == pytest.approx(9 + math.log1p(math.exp(-9)), rel=1e-5)


def test_with_one_class_the_object_is_one_and_the_rest_zero():
    logits = np.array([[[[2.0], [-1.0], [5.0]]]])
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2
    assert float(BinaryCrossEntropy()(np.array([[[1, 0, 255]]]), logits)) == pytest.approx(expected, rel=1e-5)
    assert float(BinaryCrossEntropy()(np.array([[[[1], [0], [255]]]]), logits)) == pytest.approx(expected, rel=1e-5)

"""Focal losses, by the paper's formula in torch."""

import numpy as np
import pytest

from seqseg.losses import BinaryCrossEntropy, BinaryFocal, CrossEntropy, Focal


def test_it_is_the_papers_over_exclusive_classes(labels, logits):
    torch = pytest.importorskip("torch")
    known = labels != 255
    p = torch.softmax(torch.tensor(logits, dtype=torch.float64), -1).numpy()[known, labels[known]]
    weights = np.array([1, 2, 0.5, 3])[labels[known]]
    expected = (weights * (1 - p) ** 1.5 * -np.log(p)).sum() / weights.sum()
    assert float(Focal(gamma=1.5, class_weights=[1, 2, 0.5, 3])(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_with_sigmoids_it_is_the_papers_with_alpha():
    rng = np.random.default_rng(0)
    planes, logits = rng.integers(0, 2, (2, 5, 7, 3)), rng.normal(scale=2, size=(2, 5, 7, 3))
    p = 1 / (1 + np.exp(-logits))
    right = np.where(planes, p, 1 - p)
    expected = (np.where(planes, 0.25, 0.75) * (1 - right) ** 2 * -np.log(right)).mean()
    assert float(BinaryFocal(alpha=0.25)(planes, logits)) == pytest.approx(expected, rel=1e-5)


def test_with_gamma_zero_it_is_cross_entropy(labels, logits):
    assert float(Focal(gamma=0)(labels, logits)) == pytest.approx(float(CrossEntropy()(labels, logits)), rel=1e-5)
    expected = float(BinaryCrossEntropy()(labels, logits))
    assert float(BinaryFocal(gamma=0)(labels, logits)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_its_gradient_is_finite_where_all_is_certain(labels, gradient, gamma):
    certain = 500 * (labels[..., None] == np.arange(4)).astype("float32")
    for sign in (1, -1):
        assert np.isfinite(gradient(lambda values: Focal(gamma=gamma)(labels, values), sign * certain)).all()

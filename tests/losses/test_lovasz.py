"""Lovász-softmax, against the IoU it extends and the paper's algorithm."""

import numpy as np
import pytest

from seqseg.losses import LovaszSoftmax


def extension(errors, labelled):
    """Berman et al. 2018, algorithm 1, pixel by pixel: the loss of the worst k pixels, weighed by how errors fall."""
    order = np.argsort(-errors)
    total, previous = 0.0, 0.0
    for k in range(1, len(order) + 1):
        wrong = np.zeros(len(order), bool)
        wrong[order[:k]] = True
        missed, claimed = (wrong & (labelled == 1)).sum(), (wrong & (labelled == 0)).sum()
        loss = (missed + claimed) / (labelled.sum() + claimed)
        total += errors[order[k - 1]] * (loss - previous)
        previous = loss
    return total


@pytest.mark.parametrize("region", ["frame", "batch"])
def test_it_is_the_papers_extension_over_the_labelled_pixels(labels, logits, region):
    p = np.exp(logits.astype("float64"))
    p /= p.sum(-1, keepdims=True)
    frames = [(labels, p)] if region == "batch" else [(labels[i], p[i]) for i in np.ndindex(2, 3)]
    means = []
    for label, probability in frames:
        known = label != 255
        planes = [((label[known] == c).astype(int), probability[known][:, c]) for c in range(4)]
        means.append(np.mean([extension(np.abs(y - q), y) for y, q in planes if y.any()]))
    assert float(LovaszSoftmax(region=region)(labels, logits)) == pytest.approx(np.mean(means), rel=1e-5)


def test_of_a_certain_prediction_it_is_one_minus_the_iou():
    labels = np.array([[[0, 0, 1, 1, 1, 255]]])
    logits = 80 * np.eye(2)[np.array([[[0, 1, 1, 1, 0, 0]]])]
    assert float(LovaszSoftmax()(labels, logits)) == pytest.approx(1 - (1 / 3 + 2 / 4) / 2, rel=1e-5)

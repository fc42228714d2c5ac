"""Generalised Dice, by hand; an absent class must not dominate."""

import numpy as np
import pytest

from seqseg.losses import GeneralisedDice

LABELS = np.array([[[1, 0, 0, 255]]])
P = np.array([0.9, 0.6, 0.2, 0.5])
LOGITS = np.stack([np.zeros(4), np.log(P / (1 - P))], -1)[None, None]


def test_three_pixels_by_hand():
    # Weights 1/4 and 1/1; both 1.2 and 0.9; predicted and labelled 3.3 and 2.7.
    expected = 1 - 2 * (1.2 / 4 + 0.9) / (3.3 / 4 + 2.7)
    assert float(GeneralisedDice()(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_a_class_that_is_absent_does_not_dominate():
    # A little of a class that is not there: weighed by 1 / 0 it would make the loss 1.
    with_third = np.concatenate([LOGITS, np.full((1, 1, 4, 1), -4.0)], -1)
    assert float(GeneralisedDice()(LABELS, with_third)) == pytest.approx(
        float(GeneralisedDice()(LABELS, LOGITS)), abs=0.02
    )


def test_a_tiny_object_in_a_large_frame_counts_as_much_as_the_rest():
    labels = np.zeros((1, 200, 300), "uint8")
    labels[0, 0, 0] = 1
    logits = 60.0 * np.eye(2, dtype="float32")[np.zeros_like(labels)]
    assert float(GeneralisedDice()(labels, logits)) == pytest.approx(1, abs=1e-4)

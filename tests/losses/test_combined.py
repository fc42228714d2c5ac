"""Sums of two losses are the sums of the two."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyDice,
    CrossEntropy,
    CrossEntropyGeneralisedDice,
    CrossEntropyLovasz,
    GeneralisedDice,
    LovaszSoftmax,
)


def test_cross_entropy_and_generalised_dice_add_up(labels, logits):
    parts = float(CrossEntropy()(labels, logits)) + 0.5 * float(GeneralisedDice()(labels, logits))
    assert float(CrossEntropyGeneralisedDice(dice=0.5)(labels, logits)) == pytest.approx(parts, rel=1e-5)


def test_binary_cross_entropy_and_dice_of_sigmoids_add_up():
    p = np.array([0.9, 0.6, 0.2, 0.5])
    labels, logits = np.array([[[1, 0, 0, 255]]]), np.log(p / (1 - p))[None, None, :, None]
    dice = 1 - (2 * 0.9 + 1) / (1.7 + 1 + 1)
    expected = float(BinaryCrossEntropy()(labels, logits)) + 2 * dice
    assert float(BinaryCrossEntropyDice(dice=2)(labels, logits)) == pytest.approx(expected, rel=1e-5)


def test_an_empty_mask_still_punishes_what_is_claimed():
    empty = np.zeros((1, 3, 5), "uint8")
    quiet, loud = (float(BinaryCrossEntropyDice()(empty, np.full((1, 3, 5, 1), value))) for value in (-9.0, 0.0))
    assert quiet < 0.01
    assert loud == pytest.approx(np.log(2) + 1 - 1 / 8.5, rel=1e-5)  # 15 pixels half claimed


@pytest.mark.parametrize("stride", [1, 2])
def test_cross_entropy_weighs_classes_and_lovasz_of_every_second_pixel_does_not(labels, logits, stride):
    weights = [1.0, 5.0, 0.5, 2.0][: logits.shape[-1]]
    thin = labels[..., ::stride, ::stride], logits[..., ::stride, ::stride, :]
    pixels = float(CrossEntropy(class_weights=weights)(labels, logits))
    areas = float(LovaszSoftmax(region="batch")(*thin))
    both = CrossEntropyLovasz(lovasz=0.5, stride=stride, class_weights=weights)
    assert float(both(labels, logits)) == pytest.approx(pixels + 0.5 * areas, rel=1e-5)


@pytest.mark.parametrize("stride", [0, 1.5])
def test_a_stride_that_skips_nothing_and_everything_is_refused(stride):
    with pytest.raises(ConfigError, match="stride must be a whole number, at least 1"):
        CrossEntropyLovasz(stride=stride)

"""Dice, Jaccard and Tversky, by hand."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import Dice, FocalTversky, Jaccard, Tversky

# Probabilities of the second class; softmax of (0, logit) is the sigmoid of the logit.
P = np.array([0.9, 0.6, 0.2, 0.5])
LABELS = np.array([[[1, 0, 0, 255]]])
LOGITS = np.stack([np.zeros(4), np.log(P / (1 - P))], -1)[None, None]
# The second class: both 0.9, predicted 1.7, labelled 1. The first: both 0.4 + 0.8, predicted 0.1 + 1.2, labelled 2.


def test_dice_of_three_pixels_by_hand():
    expected = 1 - (2 * 0.9 / 2.7 + 2 * 1.2 / 3.3) / 2
    assert float(Dice(smooth=0)(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_smoothing_adds_to_both_sides_of_the_fraction():
    expected = 1 - ((2 * 0.9 + 1) / (2.7 + 1) + (2 * 1.2 + 1) / (3.3 + 1)) / 2
    assert float(Dice(smooth=1)(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)
    expected = 1 - ((0.9 + 1) / (1.8 + 1) + (1.2 + 1) / (2.1 + 1)) / 2
    assert float(Jaccard(smooth=1)(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_class_weights_weigh_the_classes_of_a_region():
    expected = (3 * (1 - 2 * 1.2 / 3.3) + 1 - 2 * 0.9 / 2.7) / 4
    assert float(Dice(smooth=0, class_weights=[3, 1])(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_jaccard_of_three_pixels_by_hand():
    assert float(Jaccard(smooth=0)(LABELS, LOGITS)) == pytest.approx(1 - (0.9 / 1.8 + 1.2 / 2.1) / 2, rel=1e-5)


def test_tversky_weighs_wrong_against_missed():
    second, first = 0.9 / (0.9 + 0.3 * 0.8 + 0.7 * 0.1), 1.2 / (1.2 + 0.3 * 0.1 + 0.7 * 0.8)
    loss = Tversky(alpha=0.3, beta=0.7, smooth=0)
    assert float(loss(LABELS, LOGITS)) == pytest.approx(1 - (second + first) / 2, rel=1e-5)
    focal = FocalTversky(gamma=0.75, alpha=0.3, beta=0.7, smooth=0)
    assert float(focal(LABELS, LOGITS)) == pytest.approx(((1 - second) ** 0.75 + (1 - first) ** 0.75) / 2, rel=1e-5)


def test_an_absent_class_is_not_part_of_the_mean():
    with_third = np.concatenate([LOGITS, np.full((1, 1, 4, 1), -50.0)], -1)
    assert float(Dice()(LABELS, with_third)) == pytest.approx(float(Dice()(LABELS, LOGITS)), rel=1e-5)


def test_each_frame_is_a_region_by_default(labels, logits):
    frames = [float(Dice()(labels[i, j][None], logits[i, j][None])) for i in range(2) for j in range(3)]
    clips = [float(Dice(region="batch")(labels[i][None], logits[i][None])) for i in range(2)]
    assert float(Dice()(labels, logits)) == pytest.approx(np.mean(frames), rel=1e-5)
    assert float(Dice(region="clip")(labels, logits)) == pytest.approx(np.mean(clips), rel=1e-5)
    whole = float(Dice(region="frame")(labels.reshape(1, 6 * 5, 7), logits.reshape(1, 6 * 5, 7, 4)))
    assert float(Dice(region="batch")(labels, logits)) == pytest.approx(whole, rel=1e-5)


def test_a_frame_of_nothing_but_void_is_not_part_of_the_mean(labels, logits):
    labels[0, 1] = 255
    frames = [float(Dice()(labels[i, j][None], logits[i, j][None])) for i, j in np.ndindex(2, 3) if (i, j) != (0, 1)]
    assert float(Dice()(labels, logits)) == pytest.approx(np.mean(frames), rel=1e-5)


def test_an_unknown_region_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match="'image'.*frame, clip, batch"):
        Dice(region="image")

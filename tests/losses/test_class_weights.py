"""Class weights from label counts, by hand."""

import math

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import class_weights
from seqseg.losses.class_weights import effective_number


def test_median_frequency_gives_the_median_class_weight_one():
    np.testing.assert_allclose(class_weights([900, 90, 10], "median_frequency"), [0.1, 1, 9], rtol=1e-6)


def test_inverse_log_is_that_of_enet():
    expected = [1 / math.log(1.02 + 0.75), 1 / math.log(1.02 + 0.25)]
    np.testing.assert_allclose(class_weights([75, 25], "inverse_log"), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["median_frequency", "inverse_log", "inverse", "effective_number"])
def test_a_class_that_is_never_labelled_weighs_one_and_changes_nothing(kind):
    without = class_weights([75, 25], kind)
    np.testing.assert_allclose(class_weights([75, 0, 25], kind), [without[0], 1, without[1]])


def test_none_weighs_nothing():
    assert class_weights([75, 25], "none") is None


def test_no_labels_at_all_weigh_nothing():
    assert class_weights([0, 0], "inverse_log") is None


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match="'inverted'.*median_frequency, inverse_log, inverse, effective_number"):
        class_weights([1], "inverted")


def test_inverse_gives_a_class_of_average_size_weight_one():
    np.testing.assert_allclose(class_weights([50, 100, 150], "inverse"), [2, 1, 2 / 3], rtol=1e-6)


def test_effective_number_is_that_of_cui_with_the_given_beta():
    # (1 - 0.9) / (1 - 0.9^n) for n = 1, 2: 1 and 1 / 1.9, scaled to a mean of 1.
    np.testing.assert_allclose(effective_number(np.array([1, 2]), beta=0.9), np.array([1.9, 1]) * 2 / 2.9, rtol=1e-6)


def test_without_beta_the_effective_number_knows_pixels_by_the_million():
    weights = class_weights([1e9, 1e6, 1e4], "effective_number")
    expected = 1 / (1 - np.exp(-np.array([1e3, 1, 1e-2])))
    np.testing.assert_allclose(weights, expected * 3 / expected.sum(), rtol=1e-5)

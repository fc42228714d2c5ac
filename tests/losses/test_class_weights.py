"""Class weights from label counts, by hand."""

import math

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import class_weights


def test_median_frequency_gives_the_median_class_weight_one():
    np.testing.assert_allclose(class_weights([900, 90, 10], "median_frequency"), [0.1, 1, 9], rtol=1e-6)


def test_inverse_log_is_that_of_enet():
    expected = [1 / math.log(1.02 + 0.75), 1 / math.log(1.02 + 0.25)]
    np.testing.assert_allclose(class_weights([75, 25], "inverse_log"), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["median_frequency", "inverse_log"])
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

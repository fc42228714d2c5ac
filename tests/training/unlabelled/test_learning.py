"""What all methods have in common: how a cost grows, and which numbers they take."""

import math

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.training.unlabelled.consistency import Consistency
from seqseg.training.unlabelled.learning import UnlabelledLearning, check_number


def test_a_cost_grows_as_tarvainen_and_valpola_have_it():
    learning = UnlabelledLearning(None, weight=3.0, ramp=4, name="learning")
    costs = []
    for _ in range(6):
        learning.add_cost(2.0)
        costs.append(float(learning.losses[-1]))
    expected = [6 * math.exp(-5 * (1 - min(step / 4, 1)) ** 2) for step in range(6)]
    np.testing.assert_allclose(costs, expected, rtol=1e-5)


def test_a_cost_without_a_ramp_counts_from_the_start():
    learning = UnlabelledLearning(None, weight=3.0, ramp=0, name="learning")
    learning.add_cost(2.0)
    assert float(learning.losses[-1]) == 6


def test_clips_of_another_size_pass_by_themselves(make_learner, batch):
    learner = make_learner(Consistency, ramp=0)
    logs = learner.train_on_batch(*batch(other_size=(17, 11)), return_dict=True)
    assert np.isfinite(float(logs["loss"]))


@pytest.mark.parametrize("value", [-1, 1.5, "2", True, float("nan"), None])
def test_an_option_out_of_its_range_is_refused(value):
    with pytest.raises(ConfigError, match="training.unlabelled needs a number from 0 to 1 for decay, got"):
        check_number("decay", value, most=1)

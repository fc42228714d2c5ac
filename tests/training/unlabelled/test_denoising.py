"""The ladder network in the ordinary training."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import CrossEntropy
from seqseg.training.unlabelled.denoising import Denoising

LADDER = {"name": "ladder", "filters": 2, "depth": 1, "convolutions": 1}


def test_unlabelled_clips_alone_train_a_ladder(make_learner, batch, values):
    learner = make_learner(Denoising, model=LADDER)
    kernels = [variable for variable in learner.network.trainable_variables if len(variable.shape) == 4]
    before = values(kernels)
    for step in range(3):  # combinators begin without what comes from above
        logs = learner.train_on_batch(*batch(step, labelled=False), return_dict=True)
        assert float(logs["loss"]) > 0
    still = [k.path for k, new, old in zip(kernels, values(kernels), before, strict=True) if np.array_equal(new, old)]
    assert not still


def test_its_own_costs_are_in_the_loss_beside_that_of_the_labels(make_learner, batch):
    inputs, labels = batch()
    learner = make_learner(Denoising, model=LADDER | {"noise": 0.0})
    logits = learner.method(inputs, training=True)
    costs = float(sum(learner.losses))
    expected = float(CrossEntropy()(labels, logits)) + costs
    assert costs > 0
    assert float(learner.train_on_batch(inputs, labels, return_dict=True)["loss"]) == pytest.approx(expected, rel=1e-4)


def test_another_network_is_refused(make_learner):
    with pytest.raises(ConfigError, match='needs a ladder network, and simple is not one; take model.name = "ladder"'):
        make_learner(Denoising)

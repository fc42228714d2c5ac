"""Consistency of predictions where the picture does not change, without labels."""

import numpy as np
import pytest

from seqseg.data.flow import flow_back
from seqseg.errors import ConfigError
from seqseg.losses import consistency_loss, warped_consistency
from seqseg.training.unlabelled.batches import with_unlabelled
from seqseg.training.unlabelled.consistency import Consistency


def test_unlabelled_clips_alone_train_the_network(make_learner, batch, values):
    learner = make_learner(Consistency, ramp=0)
    before = values(learner.network.trainable_variables)
    logs = learner.train_on_batch(*batch(labelled=False), return_dict=True)
    assert float(logs["loss"]) > 0
    after = values(learner.network.trainable_variables)
    assert all(np.abs(new - old).max() > 0 for new, old in zip(after, before, strict=True))


def test_it_adds_the_flicker_of_the_unlabelled_clips_to_the_loss(make_learner, batch):
    model = {"norm": None}  # so that what the labelled clips are makes no difference
    inputs, labels = batch(labelled=False)
    learner = make_learner(Consistency, ramp=0, weight=0.7, model=model)
    expected = 0.7 * float(consistency_loss(learner.network(inputs["unlabelled"]), inputs["unlabelled"]))
    logs = learner.train_on_batch(inputs, labels, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-5)


def test_with_motion_it_follows_the_optical_flow(make_learner, batch):
    inputs, labels = batch(labelled=False, size=(24, 32), timesteps=3)
    learner = make_learner(Consistency, ramp=0, weight=1.0, motion=True, model={"norm": None})
    [(inputs, labels)] = with_unlabelled([(inputs["labelled"], labels)], [inputs["unlabelled"]], motion=True)
    clips = inputs["unlabelled"]
    flow = [[flow_back(clip[i + 1], clip[i], effort="fast") for i in range(2)] for clip in clips]
    expected = float(warped_consistency(learner.network(clips), clips, np.array(flow)))
    logs = learner.train_on_batch(inputs, labels, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(expected, rel=0.02)  # the flow is rounded to a 32nd of a pixel


def test_several_classes_a_pixel_are_refused(make_learner):
    with pytest.raises(ConfigError, match="compares one class a pixel, but the model's head is multi_label"):
        make_learner(Consistency, model={"head": "multi_label"})


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"weight": -1}, "a number from 0 on for weight, got -1"),
        ({"ramp": 0.5}, "a whole number from 0 on for ramp, got 0.5"),
        ({"tolerance": 0}, "a number from 1 on for tolerance, got 0"),
        ({"motion": "flow"}, "true or false for motion, got 'flow'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(make_learner, option, message):
    with pytest.raises(ConfigError, match=f"training.unlabelled needs {message}"):
        make_learner(Consistency, **option)

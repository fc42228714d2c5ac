"""One trunk, two heads."""

from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.training.unlabelled.next_frame import JointNextFrame


def test_it_begins_by_repeating_the_last_frame(make_learner, batch):
    learner = make_learner(JointNextFrame, weight=2.0)
    inputs, labels = batch(labelled=False, timesteps=3)
    logs = learner.train_on_batch(inputs, labels, return_dict=True)
    clips = np.concatenate([inputs["labelled"], inputs["unlabelled"]]) / np.float32(255)
    assert float(logs["loss"]) == pytest.approx(2 * np.abs(clips[:, 1:] - clips[:, :-1]).mean(), rel=1e-4)


def test_frames_without_labels_train_the_trunk(make_learner, batch, values):
    learner = make_learner(JointNextFrame, loss="l2", rate=1.0)
    trunk = [*learner.network.backbone.trainable_variables, *learner.network.decoder.trainable_variables]
    first, head = values(trunk), values(learner.network.head.trainable_variables)
    learner.train_on_batch(*batch(labelled=False))  # the second head starts from nothing: it alone moves
    learner.train_on_batch(*batch(labelled=False))
    assert all(np.abs(new - old).max() > 0 for new, old in zip(values(trunk), first, strict=True))
    for new, old in zip(values(learner.network.head.trainable_variables), head, strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_error_of_the_next_frame_falls(make_learner, batch):
    learner = make_learner(JointNextFrame, loss="l2", rate=2.0)
    clips = np.full((3, 2, 13, 19, 3), 100, np.uint8)
    clips[:, 1] = 180
    inputs, labels = {"labelled": clips[:2], "unlabelled": clips}, np.full((2, 2, 13, 19), 255, np.uint8)
    losses = [float(learner.train_on_batch(inputs, labels, return_dict=True)["loss"]) for _ in range(9)]
    assert losses[-1] < losses[0] / 2


def test_the_second_head_is_left_behind(make_learner):
    learner = make_learner(JointNextFrame)
    assert learner.kept is learner.network
    assert len(learner.trainable_variables) == len(learner.network.trainable_variables) + 2


def test_the_logits_are_those_of_the_network_alone(make_learner, batch):
    inputs, _ = batch()
    learner = make_learner(JointNextFrame, model={"name": "unet_lstm", "filters": 2})
    logits = learner.method(inputs, training=False)
    np.testing.assert_allclose(
        ops.convert_to_numpy(logits), ops.convert_to_numpy(learner.network(inputs["labelled"])), atol=1e-5
    )


def test_a_network_without_a_head_of_its_own_is_refused():
    network = SimpleNamespace(card=SimpleNamespace(model="fcn32s"), head=None)
    with pytest.raises(ConfigError, match="puts a second head on the features .* fcn32s does not have apart"):
        JointNextFrame(network, 10)


def test_another_loss_is_named_with_those_there_are(make_learner):
    with pytest.raises(ConfigError, match="unknown training.unlabelled.loss 'L3'.*there are: l1, l2"):
        make_learner(JointNextFrame, loss="L3")

"""The ladder through the ordinary loop, on clips of which every frame is denoised and those with labels classified."""

import numpy as np
import pytest
from keras import ops

from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.setup import set_up

LADDER = {
    "model__name": "ladder", "model__depth": 1, "model__convolutions": 1, "data__timesteps": 1,
}  # fmt: skip


def test_the_loss_of_a_step_is_that_of_the_labels_and_the_weighted_costs(tiny):
    setup = set_up(tiny(**LADDER, model__costs=0.3))
    clips, labels = next(setup.batches(0))
    network, learner = setup.network, setup.learner
    network.ladder.reseed(5)
    logits = network(clips, training=True)
    costs = [float(ops.convert_to_numpy(cost)) for cost in network.losses]
    expected = float(ops.convert_to_numpy(learner.loss(labels, logits))) + sum(costs)
    network.ladder.reseed(5)
    assert len(costs) == 5 and min(costs) > 0
    logs = learner.train_on_batch(clips, labels, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-4)


def test_where_its_noise_is_is_among_what_a_resume_restores(tiny):
    setup = set_up(tiny(**LADDER))
    state = setup.network.ladder.random.state
    before = ops.convert_to_numpy(state).copy()
    setup.learner.train_on_batch(*next(setup.batches(0)))
    assert any(variable is state for variable in setup.variables)
    assert not np.array_equal(ops.convert_to_numpy(state), before)


def test_a_run_leaves_a_model_that_gives_a_frame_alone_what_it_has_among_others(tiny, tmp_path, quiet):
    experiment = tiny(**LADDER, training__epochs=1)
    model = load_model(train(experiment, tmp_path / "run", stream=quiet).run / "last.keras")
    clips, _ = next(set_up(experiment).validation_batches())
    whole = ops.convert_to_numpy(model(clips))
    assert model.card.trained and whole.std() > 0
    np.testing.assert_allclose(ops.convert_to_numpy(model(clips[:1, 0]))[0], whole[0, 0], atol=1e-5)

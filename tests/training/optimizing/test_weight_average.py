"""The saved model is the exponential moving average of the weights after every step."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.optimizing.learner import Learner
from seqseg.training.setup import set_up

DECAY = 0.3  # of 8 steps the first three are averaged over fewer


@pytest.mark.parametrize("encoder_rate", [1.0, 0.5])
def test_what_is_saved_is_the_mean_of_the_weights_weighted_by_age(tmp_path, tiny, quiet, monkeypatch, encoder_rate):
    history, step = [], Learner.train_on_batch

    def remembered(self, *batch, **options):
        logs = step(self, *batch, **options)
        history.append([keras.ops.convert_to_numpy(variable.value) for variable in self.network.weights])
        return logs

    monkeypatch.setattr(Learner, "train_on_batch", remembered)
    experiment = tiny(training__ema=DECAY, training__epochs=2, training__encoder_rate=encoder_rate)
    run = train(experiment, tmp_path / "run", stream=quiet).run
    averaged = load_model(run / "last.keras").weights
    moved = 0
    for place, variable in enumerate(averaged):
        expected = history[0][place]
        for number, weights in enumerate(history[1:], start=1):
            decay = min(DECAY, number / (number + 9))
            expected = decay * expected + (1 - decay) * weights[place]
        if not variable.trainable:  # statistics are those of the network as it stands
            expected = history[-1][place]
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable.value), expected, atol=1e-6)
        moved += not np.allclose(expected, history[-1][place], atol=1e-6)
    assert moved > 3


def test_the_average_is_what_is_validated(tiny):
    setup = set_up(tiny(training__ema=DECAY))
    assert setup.scorer.network is setup.network
    assert setup.network is not setup.learner.network


def test_two_averages_are_refused(tiny):
    with pytest.raises(ConfigError, match=r"mean_teacher validates and saves an average of its own"):
        set_up(tiny(training__ema=0.9, training__unlabelled="mean_teacher"))

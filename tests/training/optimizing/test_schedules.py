"""Learning rates by hand, and what decays."""

import math

import keras
import numpy as np
import pytest

from seqseg.config import TrainingConfig
from seqseg.errors import ConfigError
from seqseg.training.optimizing.schedules import WarmUpThen, make_optimizer, make_schedule


def rates(shape, *, steps=10, warmup_steps=4):
    schedule = WarmUpThen(2.0, steps, warmup_steps=warmup_steps, shape=shape)
    return [float(schedule(step)) for step in range(steps + 1)]


@pytest.mark.parametrize("shape", ["constant", "cosine", "poly"])
def test_the_warm_up_is_a_straight_line_to_the_peak(shape):
    np.testing.assert_allclose(rates(shape)[:5], [0.5, 1.0, 1.5, 2.0, 2.0], rtol=1e-6)


def test_cosine_is_half_way_down_half_way_through_and_ends_at_zero():
    np.testing.assert_allclose(np.array(rates("cosine"))[[4, 7, 10]], [2.0, 1.0, 0.0], atol=1e-6)


def test_cosine_follows_keras_own_decay():
    theirs = keras.optimizers.schedules.CosineDecay(2.0, 6)
    np.testing.assert_allclose(rates("cosine")[4:], [float(theirs(step)) for step in range(7)], atol=1e-6)


def test_poly_is_the_power_of_deeplab():
    assert rates("poly")[7] == pytest.approx(2.0 * 0.5**0.9)


def test_constant_stays():
    assert rates("constant")[4:] == [2.0] * 7


def test_past_the_end_nothing_rises_again():
    assert float(WarmUpThen(2.0, 10)(15)) == pytest.approx(0, abs=1e-6)


def test_without_a_warm_up_the_first_step_is_at_the_peak():
    assert rates("cosine", warmup_steps=0)[0] == pytest.approx(2.0)


def test_an_unknown_shape_is_refused():
    with pytest.raises(ConfigError, match="'step'.*cosine"):
        WarmUpThen(1.0, 5, shape="step")


def test_a_warm_up_as_long_as_the_run_is_refused():
    with pytest.raises(ConfigError, match="warmup_steps is 20, but the whole run has 20 steps"):
        make_schedule(TrainingConfig(warmup_steps=20), steps=20)


def test_the_schedule_survives_serialization():
    schedule = WarmUpThen(2.0, 10, warmup_steps=4, shape="poly")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert float(again(7)) == float(schedule(7))


def test_kernels_decay_but_biases_and_norms_do_not():
    network = keras.Sequential([keras.Input((6, 5, 3)), keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization()])
    for variable in network.trainable_variables:
        variable.assign(np.ones(variable.shape))
    config = TrainingConfig(learning_rate=0.5, weight_decay=0.1, schedule="constant")
    optimizer = make_optimizer(config, network.trainable_variables, make_schedule(config, steps=5))
    optimizer.apply([keras.ops.zeros(variable.shape) for variable in network.trainable_variables])
    values = [float(keras.ops.convert_to_numpy(variable).max()) for variable in network.trainable_variables]
    np.testing.assert_allclose(values, [1 - 0.5 * 0.1, 1, 1, 1], rtol=1e-6)


def test_the_gradient_is_clipped_by_its_global_norm():
    config = TrainingConfig(clip_norm=1.0)
    weight = keras.Variable(np.zeros((2, 2), "float32"))
    optimizer = make_optimizer(config, [weight], make_schedule(config, steps=5))
    optimizer.apply([keras.ops.full((2, 2), 30.0)])
    # Adam's first moment after one step is (1 - beta_1) times the clipped gradient, whose norm is 1.
    [moment] = [variable for variable in optimizer.variables if "momentum" in variable.path]
    moment = keras.ops.convert_to_numpy(moment)
    assert math.sqrt((moment**2).sum()) == pytest.approx(0.1, rel=1e-5)

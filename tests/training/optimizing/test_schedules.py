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


def test_exponential_falls_by_the_same_factor_each_step_as_keras_own_decay_does():
    theirs = keras.optimizers.schedules.ExponentialDecay(2.0, decay_steps=6, decay_rate=0.1)
    ours = rates({"name": "exponential", "end": 0.1})[4:]
    np.testing.assert_allclose(ours, [float(theirs(step)) for step in range(7)], rtol=1e-5)


def test_staircase_is_keras_own_exponential_decay_in_stairs():
    theirs = keras.optimizers.schedules.ExponentialDecay(2.0, decay_steps=2, decay_rate=0.5, staircase=True)
    ours = rates({"name": "staircase", "times": 2, "factor": 0.5})[4:]
    np.testing.assert_allclose(ours[:6], [float(theirs(step)) for step in range(6)], rtol=1e-5)
    assert ours[6] == ours[5]


def test_drops_come_where_they_are_asked_for_as_keras_own_do():
    theirs = keras.optimizers.schedules.PiecewiseConstantDecay([2, 4], [2.0, 0.2, 0.02])
    ours = rates({"name": "drops", "at": [0.5, 5 / 6]})[4:]
    np.testing.assert_allclose(ours, [float(theirs(step)) for step in range(7)], rtol=1e-5)


def test_past_the_end_nothing_rises_again():
    assert float(WarmUpThen(2.0, 10)(15)) == pytest.approx(0, abs=1e-6)


def test_without_a_warm_up_the_first_step_is_at_the_peak():
    assert rates("cosine", warmup_steps=0)[0] == pytest.approx(2.0)


def test_an_unknown_shape_is_refused():
    with pytest.raises(ConfigError, match="unknown training.schedule 'cosin'; did you mean cosine.*use one of"):
        WarmUpThen(1.0, 5, shape="cosin")
    with pytest.raises(ConfigError, match="'drops' has no option 'gamma'"):
        WarmUpThen(1.0, 5, shape={"name": "drops", "gamma": 0.1})


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


@pytest.mark.parametrize(
    ("wanted", "theirs"),
    [
        ("sgd", keras.optimizers.SGD(0.1, momentum=0.9)),
        ({"name": "sgd", "momentum": 0.5, "nesterov": True}, keras.optimizers.SGD(0.1, momentum=0.5, nesterov=True)),
        ("adam", keras.optimizers.Adam(0.1)),
        ({"name": "adamw", "beta_2": 0.9}, keras.optimizers.AdamW(0.1, weight_decay=0.2, beta_2=0.9)),
        ({"name": "rmsprop", "rho": 0.8}, keras.optimizers.RMSprop(0.1, rho=0.8)),
    ],
)
def test_an_optimizer_is_that_of_keras(wanted, theirs):
    decay = 0.2 if "adamw" in str(wanted) else 0.0
    config = TrainingConfig(
        learning_rate=0.1, optimizer=wanted, schedule="constant", weight_decay=decay, clip_norm=None
    )
    ours, others = (keras.Variable(np.full((2, 3), 1.5, "float32")) for _ in range(2))
    optimizer = make_optimizer(config, [ours], make_schedule(config, steps=5))
    theirs.build([others])
    for step in range(3):
        gradient = keras.ops.full((2, 3), 0.5 + step)
        optimizer.apply([gradient])
        theirs.apply([gradient])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(others), rtol=1e-5)


def test_an_encoder_learns_at_its_own_rate_with_any_optimizer():
    config = TrainingConfig(learning_rate=0.1, optimizer="sgd", schedule="constant", weight_decay=0, encoder_rate=0.1)
    encoder, other = (keras.Variable(np.zeros((2, 2), "float32")) for _ in range(2))
    optimizer = make_optimizer(config, [encoder, other], make_schedule(config, steps=5), encoder=[encoder])
    optimizer.apply([keras.ops.ones((2, 2)) * 0.1] * 2)
    slow, usual = (float(keras.ops.convert_to_numpy(variable)[0, 0]) for variable in (encoder, other))
    assert slow == pytest.approx(0.1 * usual) and usual < 0


def test_an_optimizer_that_is_not_there_and_an_option_it_lacks_are_refused():
    schedule = WarmUpThen(1.0, 5)
    for wanted, message in (("sdg", "did you mean sgd"), ({"name": "sgd", "beta_1": 0.9}, "no option 'beta_1'")):
        with pytest.raises(ConfigError, match=message):
            make_optimizer(TrainingConfig(optimizer=wanted), [], schedule)

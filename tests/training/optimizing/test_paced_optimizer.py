"""Two paces in one optimizer, against two of Keras' own."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.config import TrainingConfig
from seqseg.training.optimizing.paced_optimizer import PacedAdamW
from seqseg.training.optimizing.schedules import make_optimizer, make_schedule
from seqseg.training.setup import set_up

SHAPES = [(3, 4), (4,), (2, 3), (3,)]
VALUES = [np.random.default_rng(k).normal(size=shape).astype("float32") for k, shape in enumerate(SHAPES)]


def gradients(step):
    rng = np.random.default_rng(100 + step)
    return [rng.normal(size=shape).astype("float32") for shape in SHAPES]


def stepped(optimizer, variables, picked, steps=5):
    """The values after some steps on the gradients that are theirs."""
    for step in range(steps):
        grads = gradients(step)
        optimizer.apply([ops.convert_to_tensor(grads[k]) for k in picked])
    return [ops.convert_to_numpy(variable.value) for variable in variables]


def test_each_pace_is_keras_own_adamw_at_that_learning_rate():
    config = TrainingConfig(
        learning_rate=0.01, weight_decay=0.1, clip_norm=None, encoder_rate=0.1, schedule="cosine", warmup_steps=2
    )
    schedule = make_schedule(config, steps=10)
    variables = [keras.Variable(value) for value in VALUES]
    optimizer = make_optimizer(config, variables, schedule, encoder=variables[:2])
    assert isinstance(optimizer, PacedAdamW) and optimizer.rates == (0.1, 0.1, 1.0, 1.0)
    ours = stepped(optimizer, variables, range(4))
    for picked, rate in (((0, 1), 0.001), ((2, 3), 0.01)):
        variables = [keras.Variable(VALUES[k]) for k in picked]
        same = make_schedule(TrainingConfig(learning_rate=rate, warmup_steps=2), steps=10)
        theirs = keras.optimizers.AdamW(same, weight_decay=0.1)
        theirs.exclude_from_weight_decay(var_list=[variables[1]])
        theirs.build(variables)
        for k, expected in zip(picked, stepped(theirs, variables, picked), strict=True):
            np.testing.assert_allclose(ours[k], expected, rtol=1e-5, atol=1e-7)


def test_at_the_same_pace_it_is_adamw():
    variables = [keras.Variable(VALUES[0])]
    optimizer = make_optimizer(TrainingConfig(), variables, make_schedule(TrainingConfig(), steps=5), encoder=variables)
    assert isinstance(optimizer, keras.optimizers.AdamW)


def test_in_a_compiled_step_the_encoder_moves_a_thousandth(tiny):
    setup = set_up(tiny(training__encoder_rate=1e-3, training__weight_decay=0, training__schedule="constant"))
    network = setup.network
    kernels = [network.backbone.stacks[0].convolutions[0].kernel, network.head.kernel]
    before = [ops.convert_to_numpy(kernel.value).copy() for kernel in kernels]
    clips, labels = next(setup.batches(0))
    setup.learner.train_on_batch(clips, labels)
    moved = [
        np.abs(ops.convert_to_numpy(kernel.value) - value).max() for kernel, value in zip(kernels, before, strict=True)
    ]
    # Adam's first step is the learning rate, 1e-3, whatever the gradient.
    assert moved[0] == pytest.approx(1e-6, rel=0.1) and moved[1] == pytest.approx(1e-3, rel=0.02)


def test_it_survives_serialization():
    optimizer = PacedAdamW([0.1, 1.0], learning_rate=0.02, decay=0.3, global_clipnorm=2.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert (again.rates, again.decay, again.global_clipnorm) == ((0.1, 1.0), 0.3, 2.0)
    assert float(again.learning_rate.value) == pytest.approx(0.02)


def test_a_rate_for_each_variable_is_needed():
    with pytest.raises(ValueError, match="1 rates for 2 variables"):
        PacedAdamW([0.1]).build([keras.Variable(VALUES[0]), keras.Variable(VALUES[1])])

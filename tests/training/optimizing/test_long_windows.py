"""The state crosses from window to window, the gradient does not."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import CrossEntropy
from seqseg.models import build_model
from seqseg.training.optimizing.learner import Learner
from seqseg.training.optimizing.long_windows import CarriedState

FRESH, GOING_ON = np.array([True, True]), np.array([False, False])


@pytest.fixture
def network():
    keras.utils.set_random_seed(3)
    return build_model("unet_lstm", classes=4, filters=2)


@pytest.fixture
def windows():
    rng = np.random.default_rng(5)
    return rng.integers(0, 256, (2, 2, 3, 17, 23, 3), dtype="uint8")  # first and second window of two rows


def learner(network):
    return Learner(network, carried=CarriedState(network, batch=2, height=17, width=23))


def test_two_windows_give_what_one_clip_of_both_gives(network, windows):
    wrapped = learner(network)
    parts = [wrapped((windows[0], FRESH)), wrapped((windows[1], GOING_ON))]
    whole = network(np.concatenate(windows, axis=1))
    parts = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts], axis=1)
    np.testing.assert_allclose(parts, keras.ops.convert_to_numpy(whole), atol=1e-5)


def test_a_fresh_row_starts_from_zero_while_the_other_goes_on(network, windows):
    wrapped = learner(network)
    wrapped((windows[0], FRESH))
    logits = keras.ops.convert_to_numpy(wrapped((windows[1], np.array([True, False]))))
    anew = keras.ops.convert_to_numpy(network(windows[1]))
    np.testing.assert_allclose(logits[0], anew[0], atol=1e-5)
    assert np.abs(logits[1] - anew[1]).max() > 1e-3


def test_the_gradient_is_that_of_a_state_that_came_from_nowhere(network, windows):
    tensorflow = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("differentiates with TensorFlow's tape")
    labels = np.random.default_rng(0).integers(0, 4, windows[1].shape[:4])
    weights = network.trainable_variables
    loss = CrossEntropy()

    def gradient(forward):
        with tensorflow.GradientTape() as tape:
            cost = loss(labels, forward())
        return [tensorflow.convert_to_tensor(part).numpy() for part in tape.gradient(cost, [w.value for w in weights])]

    wrapped = learner(network)

    def both_windows():
        wrapped((windows[0], FRESH))
        return wrapped((windows[1], GOING_ON))

    _, state = network.run(windows[0])
    state = {name: keras.ops.convert_to_numpy(tensor) for name, tensor in state.items()}
    carried = gradient(both_windows)
    constant = gradient(lambda: network.run(windows[1], state)[0])
    through = gradient(lambda: network(np.concatenate(windows, axis=1))[:, 3:])
    for ours, expected in zip(carried, constant, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)
    assert max(np.abs(a - b).max() for a, b in zip(carried, through, strict=True)) > 1e-5


def test_a_training_step_carries_the_state_too(network, windows):
    wrapped = learner(network)
    wrapped.compile(optimizer=keras.optimizers.SGD(0.0), loss=CrossEntropy(), jit_compile=False)
    labels = np.zeros(windows[0].shape[:4], "uint8")
    wrapped.train_on_batch((windows[0], FRESH), labels)
    held = {name: keras.ops.convert_to_numpy(tensor) for name, tensor in wrapped.carried.tensors.items()}
    assert set(held) == {"P3/h", "P3/c"} and all(tensor.any() for tensor in held.values())


def test_a_model_without_memory_has_nothing_to_carry():
    with pytest.raises(ConfigError, match="carry_state is on, but model unet has no memory"):
        CarriedState(build_model("unet", classes=2, filters=2), batch=1, height=9, width=9)

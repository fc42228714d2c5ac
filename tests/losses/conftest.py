"""A small batch, and its gradient on whichever backend runs."""

import keras
import numpy as np
import pytest

VOID, CLASSES = 255, 4


@pytest.fixture
def labels():
    """uint8 (2, 3, 5, 7) with all four classes and void in every frame but the last, in which class 3 is absent."""
    rng = np.random.default_rng(4)
    labels = rng.integers(0, CLASSES, (2, 3, 5, 7)).astype("uint8")
    labels[1, 2][labels[1, 2] == 3] = 0
    labels[rng.random(labels.shape) < 0.25] = VOID
    return labels


@pytest.fixture
def logits():
    """float32 (2, 3, 5, 7, 4)."""
    return np.random.default_rng(5).normal(scale=2, size=(2, 3, 5, 7, CLASSES)).astype("float32")


@pytest.fixture(scope="session")
def gradient():
    """(function of a tensor -> scalar, numpy array) -> the gradient, numpy."""
    return {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()]


def _tensorflow(function, values):
    import tensorflow

    values = tensorflow.Variable(values)
    with tensorflow.GradientTape() as tape:
        result = function(values)
    return tensorflow.convert_to_tensor(tape.gradient(result, values)).numpy()


def _jax(function, values):
    import jax

    return np.asarray(jax.grad(function)(values))


def _torch(function, values):
    import torch

    values = torch.tensor(values, requires_grad=True)
    function(values).backward()
    return values.grad.numpy()

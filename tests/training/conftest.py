"""A run so small that it takes seconds."""

import io

import pytest

from seqseg.config import load_experiment

TINY = {
    "data.source": "shapes:videos=4,frames=4,size=19x29",
    "data.timesteps": 2,
    "model.name": "shallow_lstm",
    "model.filters": 2,
    "training.epochs": 3,
    "training.batch": 2,
}


@pytest.fixture(scope="session")
def tiny():
    """(**overrides) -> an `Experiment` of 3 epochs of 4 steps; keys with `__` for the dot."""

    def make(**overrides):
        return load_experiment(overrides=TINY | {key.replace("__", "."): value for key, value in overrides.items()})

    return make


@pytest.fixture
def quiet():
    """A stream that is no terminal."""
    return io.StringIO()

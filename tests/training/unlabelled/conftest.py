"""A learner of a small net and batches with and without labels, trained step by step without compiling."""

import keras
import numpy as np
import pytest

from seqseg.losses import CrossEntropy
from seqseg.models import build_model
from seqseg.training.optimizing.learner import Learner

VOID = 255


@pytest.fixture
def make_learner():
    """(method class, **its options) -> a `Learner`; `model` takes other options than the small net's."""

    def make(kind, *, model=None, steps=10, rate=0.1, **options):
        keras.utils.set_random_seed(3)
        network = build_model(**({"name": "simple", "classes": 3, "filters": 2} | (model or {})))
        learner = Learner(network, method=kind(network, steps, **options))
        optimizer = keras.optimizers.SGD(rate)
        optimizer.build(learner.trainable_variables)
        learner.compile(optimizer, CrossEntropy(), run_eagerly=True, jit_compile=False)
        return learner

    return make


@pytest.fixture
def batch():
    """(seed, labelled=) -> ({"labelled", "unlabelled"}, labels), all void unless labelled."""

    def make(seed=0, *, labelled=True, size=(13, 19), other_size=None, timesteps=2):
        rng = np.random.default_rng(seed)
        clips = rng.integers(0, 256, (2, timesteps, *size, 3), np.uint8)
        others = rng.integers(0, 256, (3, timesteps, *(other_size or size), 3), np.uint8)
        labels = rng.integers(0, 3, clips.shape[:4], np.uint8) if labelled else np.full(clips.shape[:4], VOID, np.uint8)
        return {"labelled": clips, "unlabelled": others}, labels

    return make


@pytest.fixture
def values():
    """Variables -> their values, copied."""
    return lambda variables: [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]

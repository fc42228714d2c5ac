"""Algorithm 1 of arXiv:1507.02672 in numpy, and tiny ladders of known weights and noise."""

import keras
import numpy as np
from keras import ops

from seqseg.layers import LadderStage
from seqseg.models import Ladder

SIZES = (6, 5, 4, 3)


COSTS = (1000.0, 10.0, 0.5, 0.1)


LABELS = np.array([0, 2, 1, 0, 1, 2, 2])


class WithKnownNoise(Ladder):
    """Adds what it is given instead of drawing it; a pass's levels one after another."""

    known = ()

    def _with_noise(self, features, level):
        return features + next(self.known)


def tiny(cls=Ladder, costs=COSTS, noise=0.3, **options):
    keras.utils.set_random_seed(1)
    stages = [LadderStage("dense", size) for size in SIZES[1:-1]]
    stages.append(LadderStage("dense", SIZES[-1], activation="softmax"))
    model = cls(stages, noise=noise, costs=costs, input_shape=(SIZES[0],), **options)
    return as_if_it_had_learnt(model)


def as_if_it_had_learnt(model):
    """Nothing is 0 or 1 any more: a new decoder gives only zeros, and its first step moves the combinators alone."""
    rng = np.random.default_rng(2)
    for weight in model.trainable_variables:
        weight.assign(ops.convert_to_numpy(weight) + 0.3 * rng.normal(size=weight.shape))
    return model


def examples(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, SIZES[0])).astype("float32")


def known_noise(count, seed):
    rng = np.random.default_rng(seed)
    return [0.3 * rng.normal(size=(count, size)).astype("float32") for size in SIZES]


def loss():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def no_loss(labels, logits):
    return 0.0 * ops.sum(logits, axis=-1)


def fit(model, inputs, labels):
    """One step of Keras' own `fit`."""
    return model.fit((batch for batch in [(inputs, labels)]), steps_per_epoch=1, shuffle=False, verbose=0)


def values(model):
    return {weight.path: ops.convert_to_numpy(weight) for weight in model.trainable_variables}


class Paper:
    """One step of the paper's algorithm 1 in numpy, with the weights of a model."""

    def __init__(self, model):
        def read(weight):
            return np.asarray(ops.convert_to_numpy(weight), "float64")

        self.up = [read(stage.weight_up) for stage in model.stages]
        self.down = [read(stage.weight_down) for stage in model.stages]
        self.beta = [read(stage.shift) for stage in model.stages]
        self.gamma = read(model.stages[-1].factor)
        self.a = [read(model.combinators[str(level)].coefficients) for level in range(len(SIZES))]

    def encoder(self, x, noise):
        """z̃ and z of every level, μ and σ of those that have them, and the output of the softmax."""
        h, zs, statistics = x + noise[0], [x + noise[0]], [(0, 1)]
        top = len(self.up)
        for level in range(1, top + 1):
            linear = h @ self.up[level - 1]
            statistics.append((linear.mean(0), np.sqrt(linear.var(0) + 1e-10)))
            zs.append((linear - statistics[-1][0]) / statistics[-1][1] + noise[level])
            if level < top:
                h = np.maximum(0, zs[-1] + self.beta[level - 1])
        logits = self.gamma * (zs[-1] + self.beta[-1])
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return zs, statistics, odds / odds.sum(1, keepdims=True)

    def costs(self, x, noise):
        clean, statistics, _ = self.encoder(x, [0] * len(SIZES))
        noisy, _, above = self.encoder(x, noise)
        costs = [0.0] * len(SIZES)
        for level in reversed(range(len(SIZES))):
            u = (above - above.mean(0)) / np.sqrt(above.var(0) + 1e-10)
            estimate = self.combine(self.a[level], noisy[level], u)
            mean, deviation = statistics[level]
            costs[level] = ((clean[level] - (estimate - mean) / deviation) ** 2).sum() / (len(x) * SIZES[level])
            above = estimate @ self.down[level - 1] if level else None
        return costs

    @staticmethod
    def combine(a, noisy, u):
        mean = a[0] / (1 + np.exp(-a[1] * u - a[2])) + a[3] * u + a[4]
        share = a[5] / (1 + np.exp(-a[6] * u - a[7])) + a[8] * u + a[9]
        return (noisy - mean) * share + mean

    def total(self, labelled, classes, labelled_noise, unlabelled, noise):
        _, _, odds = self.encoder(labelled, labelled_noise)
        supervised = -np.log(odds[np.arange(len(classes)), classes]).mean()
        return supervised + np.dot(COSTS, self.costs(unlabelled, noise))

"""The ladder network against the equations of its paper, arXiv:1507.02672."""

from itertools import cycle

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
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


@pytest.fixture
def step():
    """A model, and what one training step takes: 7 labelled and 9 unlabelled examples and their noise."""
    model = tiny(WithKnownNoise)
    labelled, unlabelled = examples(7), examples(9, seed=1)
    noises = known_noise(7, 3), known_noise(9, 4)
    model.known = cycle([*noises[0], *noises[1]])
    return model, labelled, unlabelled, noises


def test_one_step_is_the_papers_one(step):
    """The corrupted logits meet the labels; the costs of every level are weighted and are means."""
    model, labelled, unlabelled, noises = step
    logits = model({"labelled": labelled, "unlabelled": unlabelled}, training=True)
    total = loss()(LABELS, logits) + sum(model.losses)
    expected = Paper(model).total(labelled, LABELS, noises[0], unlabelled, noises[1])
    assert float(total) == pytest.approx(expected, rel=1e-5)


def test_costs_of_every_level_are_the_papers(step):
    model, _, unlabelled, noises = step
    model.known = iter(noises[1])
    got = model.denoising_costs(unlabelled)
    np.testing.assert_allclose([got[str(level)] for level in range(4)], Paper(model).costs(unlabelled, noises[1]), 1e-5)


def test_the_step_of_fit_goes_down_the_slope_of_the_papers_whole_cost(step):
    """By differences of the numpy cost, which a gradient that stopped at the clean target would not equal."""
    model, labelled, unlabelled, noises = step
    paper = Paper(model)
    slopes = {}
    for name, weights, place in (("up", paper.up, (1, 2)), ("down", paper.down, (0, 1)), ("beta", paper.beta, (1,))):
        for level in range(3):
            start, costs = weights[level][place], []
            for change in (1e-6, -1e-6):
                weights[level][place] = start + change
                costs.append(paper.total(labelled, LABELS, noises[0], unlabelled, noises[1]))
            weights[level][place] = start
            slopes[name, level, place] = (costs[0] - costs[1]) / 2e-6
    before = Paper(model)
    model.compile(keras.optimizers.SGD(1e-3), loss())
    fit(model, {"labelled": labelled, "unlabelled": unlabelled}, LABELS)
    after = Paper(model)
    for (name, level, place), slope in slopes.items():
        moved = getattr(before, name)[level][place] - getattr(after, name)[level][place]
        assert moved == pytest.approx(1e-3 * slope, rel=1e-2, abs=2e-6), (name, level)


def test_the_costs_alone_move_the_weights_of_every_level_in_fit():
    model = tiny()
    model.compile(keras.optimizers.SGD(1e-3), no_loss)
    before = values(model)
    fit(model, {"labelled": examples(7), "unlabelled": examples(9)}, LABELS)
    after = values(model)
    assert len(before) == 3 * 3 + 1 + 4  # up, down and shift of three stages, the top's scale, four combinators
    assert [path for path in before if np.array_equal(before[path], after[path])] == []


def test_without_costs_unlabelled_examples_move_nothing():
    model = tiny(costs=(0, 0, 0, 0))
    model.compile(keras.optimizers.SGD(1e-3), no_loss)
    before = values(model)
    history = fit(model, {"labelled": examples(7), "unlabelled": examples(9)}, LABELS)
    assert history.history["loss"] == [0]
    np.testing.assert_equal(values(model), before)


def test_the_loss_that_fit_shows_has_the_costs_in_it(step):
    model, labelled, unlabelled, noises = step
    expected = Paper(model).total(labelled, LABELS, noises[0], unlabelled, noises[1])
    model.compile(keras.optimizers.SGD(1e-3), loss())
    history = fit(model, {"labelled": labelled, "unlabelled": unlabelled}, LABELS)
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_labelled_and_unlabelled_examples_have_statistics_of_their_own():
    model = tiny(noise=0)
    first = model({"labelled": examples(7), "unlabelled": examples(9)}, training=True)
    second = model({"labelled": examples(7), "unlabelled": 100 + examples(9, seed=5)}, training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(second))


def test_predictions_have_no_noise_and_are_normalised_by_the_clean_pass_of_the_unlabelled():
    model, unlabelled = tiny(noise=5.0), examples(9, seed=1)
    model({"labelled": 10 * examples(7), "unlabelled": unlabelled}, training=True)
    _, _, odds = Paper(model).encoder(unlabelled, [0] * 4)
    guess = ops.convert_to_numpy(ops.softmax(model(unlabelled)))
    np.testing.assert_allclose(guess, odds, atol=1e-4)


def test_a_prediction_does_not_depend_on_the_rest_of_the_batch():
    model = tiny()
    model(examples(9), training=True)
    whole = ops.convert_to_numpy(model(examples(9)))
    np.testing.assert_allclose(ops.convert_to_numpy(model(examples(9)[3:4])), whole[3:4], atol=1e-5)


def test_predicting_changes_no_statistics():
    model = tiny()
    before = [ops.convert_to_numpy(weight) for weight in model.non_trainable_variables]
    model(examples(9))
    for old, weight in zip(before, model.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(weight))


def test_noise_has_the_asked_deviation_at_every_level_and_is_drawn_anew():
    model = tiny(noise=(0.1, 0.2, 0.3, 0.4))
    drawn = [ops.convert_to_numpy(model._with_noise(np.zeros((40, 50, 50), "float32"), level)) for level in range(4)]
    np.testing.assert_allclose([noise.std() for noise in drawn], [0.1, 0.2, 0.3, 0.4], rtol=0.02)
    again = ops.convert_to_numpy(model._with_noise(np.zeros((40, 50, 50), "float32"), 3))
    assert abs(np.corrcoef(drawn[3].ravel(), again.ravel())[0, 1]) < 0.02


def test_seeded_anew_the_noise_is_the_same_again():
    model, drawn = tiny(), []
    for _ in range(2):
        model.reseed(3, 8)
        drawn.append(ops.convert_to_numpy(model._with_noise(np.zeros((5, 6), "float32"), 0)))
    np.testing.assert_array_equal(*drawn)


def test_settling_in_parts_takes_the_statistics_of_all_examples():
    model, many = tiny(), 2 + examples(23)
    model.settle(many, batch=10)
    _, _, odds = Paper(model).encoder(many, [0] * 4)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.softmax(model(many))), odds, atol=1e-4)


def test_with_a_cost_at_the_top_alone_no_decoder_is_built():
    model = tiny(costs=(0, 0, 0, 0.5))
    assert set(model.combinators) == {"3"}
    assert [path for path in values(model) if "down" in path] == []


def test_a_decoder_goes_down_to_the_lowest_level_with_a_cost_and_no_further():
    model = tiny(costs=(0, 0.5, 0, 0))
    assert set(model.combinators) == {"1", "2", "3"}
    assert [stage.goes_down for stage in model.stages] == [False, True, True]


def test_the_supervised_net_of_the_same_size_is_the_one_without_costs():
    full, supervised = tiny(), tiny(costs=(0, 0, 0, 0))
    assert supervised.combinators == {}
    assert [tuple(stage.weight_up.shape) for stage in supervised.stages] == [
        tuple(stage.weight_up.shape) for stage in full.stages
    ]


def test_plain_inputs_are_labelled_and_unlabelled_at_once():
    """One corrupted pass then serves both, as the same noise in two does."""
    losses = []
    for inputs in (examples(7), {"labelled": examples(7), "unlabelled": examples(7)}):
        model = tiny(WithKnownNoise)
        model.known = cycle(known_noise(7, 3))
        logits = model(inputs, training=True)
        losses.append((ops.convert_to_numpy(logits), float(sum(model.losses))))
    np.testing.assert_array_equal(losses[0][0], losses[1][0])
    assert losses[0][1] == losses[1][1]


def test_saved_and_loaded_it_predicts_the_same_and_learns_on_the_same(tmp_path):
    model = tiny()
    model.compile(keras.optimizers.Adam(0.01), loss())
    both = {"labelled": examples(7), "unlabelled": examples(9)}
    fit(model, both, LABELS)
    model.save(tmp_path / "ladder.keras")
    loaded = keras.saving.load_model(tmp_path / "ladder.keras")
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded(examples(9))), ops.convert_to_numpy(model(examples(9))))
    for one in (model, loaded):
        one.reseed(4)
        fit(one, both, LABELS)
    for old, new in zip(model.trainable_variables, loaded.trainable_variables, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(old), ops.convert_to_numpy(new), atol=1e-6)


@pytest.mark.parametrize("shape", [(9, 11, 2), pytest.param((8, 7, 1), marks=pytest.mark.slow)])
def test_a_convolutional_ladder_trains_with_every_kind_of_stage_on_pictures_of_odd_size(shape):
    stages = [
        LadderStage("conv", 3, kernel=3, padding="full"),
        LadderStage("pool"),
        LadderStage("conv", 4, kernel=2, activation="leaky_relu"),
        LadderStage("enlarge"),
        LadderStage("conv", 3, kernel=3, padding="valid"),
        LadderStage("global_mean"),
        LadderStage("dense", 3, activation="softmax"),
    ]
    model = as_if_it_had_learnt(Ladder(stages, noise=0.3, costs=[1] * 8, input_shape=(None, None, shape[-1])))
    model.compile(keras.optimizers.SGD(1e-2), loss())
    pictures = np.random.default_rng(0).normal(size=(7, *shape)).astype("float32")
    before = values(model)
    fit(model, {"labelled": pictures, "unlabelled": pictures[:5]}, LABELS)
    after = values(model)
    assert [path for path in before if np.array_equal(before[path], after[path])] == []
    assert set(model.denoising_costs(pictures)) == set("01234567")
    assert tuple(model(pictures).shape) == (7, 3)


def test_every_pixel_can_have_its_class():
    stages = [LadderStage("conv", 4, kernel=3), LadderStage("conv", 3, kernel=1, activation="softmax")]
    model = Ladder(stages, noise=0.3, costs=(1, 1, 1), input_shape=(None, None, 2))
    model.compile(keras.optimizers.SGD(1e-2), loss())
    pictures, classes = np.zeros((2, 5, 7, 2), "float32"), np.zeros((2, 5, 7), "int32")
    fit(model, {"labelled": pictures, "unlabelled": np.ones((3, 5, 7, 2), "float32")}, classes)
    assert tuple(model(pictures).shape) == (2, 5, 7, 3)


def test_half_precision_keeps_statistics_whole():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tiny()
    finally:
        keras.config.set_dtype_policy("float32")
    logits = model({"labelled": examples(7), "unlabelled": examples(9)}, training=True)
    assert {str(weight.dtype) for weight in model.non_trainable_variables if "seed" not in weight.path} == {"float32"}
    assert np.isfinite(ops.convert_to_numpy(ops.cast(logits, "float32"))).all()
    assert np.isfinite(float(sum(model.losses)))


@pytest.mark.parametrize(
    ("unlabelled", "said"),
    [
        ((4, 7, 7, 2), "labelled examples have shape (5, 7, 2), unlabelled ones (7, 7, 2); bring them to one size"),
        ((4, 5, 7, 3), "unlabelled examples have shape (5, 7, 3), but this ladder takes (None, None, 2)"),
    ],
)
def test_unlabelled_examples_of_another_shape_are_one_clear_line_in_fit(unlabelled, said):
    model = Ladder([LadderStage("conv", 3, kernel=1)], noise=0.3, costs=(1, 1), input_shape=(None, None, 2))
    model.compile("sgd", loss())
    with pytest.raises(ModelError) as caught:
        fit(
            model,
            {"labelled": np.zeros((4, 5, 7, 2)), "unlabelled": np.zeros(unlabelled)},
            np.zeros((4, 5, 7), "int32"),
        )
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_streams_of_other_names_are_refused():
    with pytest.raises(ModelError, match="got \\['labeled', 'unlabelled'\\]"):
        tiny()({"labeled": examples(3), "unlabelled": examples(3)})


@pytest.mark.parametrize(("costs", "noise"), [((1, 1), 0.3), ((1, 1, 1, -1), 0.3), (COSTS, (0.3, 0.3)), (COSTS, -0.1)])
def test_there_is_one_noise_and_one_cost_a_level(costs, noise):
    with pytest.raises(ConfigError, match="a ladder of 3 stages takes 4 numbers for (costs|noise)"):
        tiny(costs=costs, noise=noise)

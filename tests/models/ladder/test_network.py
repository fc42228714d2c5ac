"""The ladder network against the equations of its paper, arXiv:1507.02672."""

from itertools import cycle

import keras
import numpy as np
import pytest
from keras import ops

from tests.models.ladder.paper import (
    LABELS,
    Paper,
    WithKnownNoise,
    examples,
    fit,
    known_noise,
    loss,
    no_loss,
    tiny,
    values,
)


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


def test_noise_has_the_asked_deviation_at_every_level_and_is_drawn_again():
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

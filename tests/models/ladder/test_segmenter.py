"""The ladder as a segmenter: its loss, its training, and what its predictions depend on."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.inference.predictor import Predictor
from seqseg.layers.ladder_stage import normalise
from seqseg.losses import CrossEntropy
from seqseg.models import add_l2, build_model, freeze, from_image_model, load_matching_weights, load_model, save_model

CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 11, 13, 3), "uint8")
OTHERS = np.random.default_rng(1).integers(0, 256, (3, 2, 11, 13, 3), "uint8")
LABELS = np.random.default_rng(2).integers(0, 3, CLIP.shape[:-1], "uint8")
NO_LABELS = np.full_like(LABELS, 255)


def tiny(**options):
    keras.utils.set_random_seed(1)
    model = build_model("ladder", **({"classes": 3, "filters": 2, "depth": 2, "convolutions": 1} | options))
    rng = np.random.default_rng(3)
    for weight in model.trainable_variables:  # as if it had learnt: a new decoder gives only zeros
        weight.assign(ops.convert_to_numpy(weight) + 0.1 * rng.normal(size=weight.shape))
    return model


def learning(model):
    model.compile(keras.optimizers.SGD(1e-2), CrossEntropy(), run_eagerly=True)
    return model


def values(variables):
    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def both(labelled=CLIP, unlabelled=OTHERS):
    return {"labelled": labelled, "unlabelled": unlabelled}


@pytest.mark.parametrize("inputs", [CLIP, both()], ids=["clips", "both"])
def test_the_loss_of_a_step_is_the_cross_entropy_of_the_noisy_logits_and_the_weighted_costs(inputs):
    model = learning(tiny())
    levels = len(model.ladder.stages) + 1
    model.ladder.costs = [0.1 * (level + 1) for level in range(levels)]
    model.ladder.reseed(5)
    logits = ops.convert_to_numpy(model(inputs, training=True)).astype("float64")
    costs = values(model.losses)
    chosen = np.take_along_axis(logits, LABELS[..., None].astype(int), axis=-1)[..., 0]
    entropy = (np.log(np.exp(logits).sum(-1)) - chosen).mean()
    model.ladder.reseed(5)
    assert len(costs) == levels and min(costs) > 0
    assert model.train_on_batch(inputs, LABELS) == pytest.approx(entropy + sum(costs), rel=1e-5)


def test_costs_are_weighted_means_of_each_level():
    model = tiny(noise=0.0, costs=0.5)
    model(both(), training=True)
    weighted = values(model.losses)
    frames = OTHERS.reshape(-1, 11, 13, 3).astype("float32") / 127.5 - 1
    means = model.ladder.denoising_costs(frames)
    expected = [0.5 * means[str(level)] for level in reversed(range(len(means)))]
    np.testing.assert_allclose(weighted, expected, rtol=1e-4)


@pytest.mark.parametrize("inputs", [CLIP, both()], ids=["clips", "both"])
def test_frames_without_labels_move_the_weights_of_every_level(inputs):
    model = learning(tiny())
    before = values(model.trainable_variables)
    model.train_on_batch(inputs, NO_LABELS)
    for old, new, weight in zip(before, values(model.trainable_variables), model.trainable_variables, strict=True):
        assert not np.array_equal(old, new), weight.path


def test_the_supervised_net_learns_nothing_from_frames_without_labels():
    model = learning(tiny(model="supervised"))
    before = values(model.trainable_variables)
    assert model.train_on_batch(CLIP, NO_LABELS) == 0
    np.testing.assert_equal(values(model.trainable_variables), before)


def test_the_labelled_frames_have_statistics_of_their_own():
    model = tiny(noise=0.0)
    logits = [ops.convert_to_numpy(model(both(CLIP, others), training=True)) for others in (OTHERS, OTHERS // 4 + 190)]
    np.testing.assert_array_equal(*logits)


def test_predictions_are_normalised_by_the_clean_unlabelled_frames():
    model = tiny(noise=3.0)
    model(both(), training=True)
    assert model.ladder.noise[0] == 3
    frames = OTHERS.reshape(-1, 11, 13, 3)
    first = model.ladder.stages[0]
    linear = ops.convert_to_numpy(first.up(frames.astype("float32") / 127.5 - 1))
    mean, variance = values([first.mean, first.variance])
    np.testing.assert_allclose(mean, linear.mean((0, 1, 2)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance, linear.var((0, 1, 2)), rtol=1e-4)


def test_a_skip_takes_what_is_across_and_a_plain_hourglass_does_not():
    kernels = {
        skips: [tuple(stage.weight_up.shape[2:]) for stage in tiny(skips=skips).ladder.stages]
        for skips in (True, False)
    }
    assert kernels[True] == [(3, 2), (2, 4), (4, 8), (8 + 4, 4), (4 + 2, 2), (2, 3)]
    assert kernels[False] == [(3, 2), (2, 4), (4, 8), (8, 4), (4, 2), (2, 3)]


def test_a_level_gets_signals_from_the_stage_above_it_and_from_the_one_it_is_joined_to():
    """Without what comes across, the way down is that of an hourglass; with it, the signal is the sum of both."""
    model, frames = tiny(noise=0.0), ops.convert_to_tensor(CLIP[:, 0].astype("float32") / 127.5 - 1)
    ladder, heard = model.ladder, {}
    for level, combinator in ladder.combinators.items():
        original = combinator.call
        combinator.call = lambda noisy, above, level=level, original=original: (
            heard.update({level: ops.convert_to_numpy(above)}) or original(noisy, above)
        )
    clean = ladder._levels(frames)
    noisy, output, _ = ladder._corrupted_pass(frames)
    list(ladder._costs_of_levels(noisy, output, clean))
    denoised = {
        level: ladder.combinators[str(level)](noisy[level], heard[str(level)]) for level in (3, 4)
    }  # 4 joins level 2, on which 3 stands
    own = ladder.stages[2].down(denoised[3], like=noisy[2])
    _, joined = ladder.stages[3].down(denoised[4], noisy[3], noisy[2])
    expected = normalise(own + joined)[0]
    np.testing.assert_allclose(heard["2"], ops.convert_to_numpy(expected), atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 9), (11, 13)])
def test_it_trains_on_frames_of_any_size(size):
    height, width = size
    assert np.isfinite(learning(tiny()).train_on_batch(CLIP[:, :, :height, :width], LABELS[:, :, :height, :width]))


def test_the_predictor_gives_each_frame_what_the_clip_has():
    model = tiny()
    model(CLIP, training=True)
    expected = np.argmax(ops.convert_to_numpy(model(CLIP)), axis=-1)
    predictor, state = Predictor(model), None
    for index in range(CLIP.shape[1]):
        mask, state = predictor.step(CLIP[0, index], state)
        np.testing.assert_array_equal(mask, expected[0, index])
    assert state == {}


def test_predicting_changes_nothing():
    model = tiny()
    before = values(model.variables)
    model(CLIP)
    np.testing.assert_equal(values(model.variables), before)


def test_images_may_be_labelled_and_unlabelled_too():
    logits = tiny()(both(CLIP[:, 0], OTHERS[:, 0]), training=True)
    assert tuple(logits.shape) == (2, 11, 13, 3)


@pytest.mark.parametrize(
    ("head", "classes", "scores", "logits"), [("sigmoid", 2, 1, 2), ("multi_label", 3, 3, 3), (None, 1, 1, 1)]
)
def test_other_heads_have_a_sigmoid_on_top(head, classes, scores, logits):
    model = tiny(head=head, classes=classes)
    assert (model.head.units, model.head.activation) == (scores, "sigmoid")
    assert tuple(model(CLIP).shape) == (*CLIP.shape[:-1], logits)


def test_saved_and_loaded_it_learns_on_the_same(tmp_path):
    model = tiny(costs=0.2, noise=0.1, skips=False, seed=4)
    learning(model).train_on_batch(both(), LABELS)
    save_model(model, tmp_path / "model.keras")
    again = learning(load_model(tmp_path / "model.keras"))
    for one in (model, again):
        one.ladder.reseed(9)
    assert model.train_on_batch(both(), LABELS) == again.train_on_batch(both(), LABELS)
    assert (again.ladder.costs, again.ladder.noise) == (model.ladder.costs, model.ladder.noise)


def test_a_net_learnt_from_labels_alone_gives_a_full_one_its_weights(tmp_path):
    save_model(tiny(model="supervised"), tmp_path / "model.keras")
    model = tiny(seed=7)
    taken = load_matching_weights(model, tmp_path / "model.keras")
    assert "ladder/stages/3/weight_up" in taken.taken and "head/shift" in taken.taken
    assert {path.rpartition("/")[2] for path in taken.kept} == {"weight_down", "coefficients"}


def test_other_classes_get_new_scores(tmp_path):
    save_model(tiny(classes=["a", "b", "c"]), tmp_path / "model.keras")
    taken = load_matching_weights(tiny(classes=["a", "b", "d"]), tmp_path / "model.keras", other_shapes="skip")
    assert taken.other_classes and "head/weight_up" not in taken.taken


def test_l2_holds_its_kernels_and_is_in_its_file(tmp_path):
    model = build_model("ladder", classes=2, filters=2, depth=1)
    bare = len(model.losses)
    add_l2(model, 0.5)
    kernels = [weight for weight in model.trainable_variables if len(weight.shape) == 4]
    assert bare == 0 and len(model.losses) == len(kernels) == 2 * len(model.ladder.stages)
    save_model(model, tmp_path / "model.keras")
    assert len(load_model(tmp_path / "model.keras").losses) == len(kernels)


@pytest.mark.parametrize(
    ("unlabelled", "said"),
    [
        ((2, 1, 9, 13, 3), "labelled frames are 11x13, unlabelled ones 9x13; bring them to one size"),
        ((2, 1, 11, 13, 1), "a clip must be (n, t, h, w, 3) or images (n, h, w, 3), got shape (2, 1, 11, 13, 1)"),
    ],
)
def test_unlabelled_clips_that_do_not_fit_are_one_clear_line(unlabelled, said):
    with pytest.raises(ModelError) as caught:
        learning(tiny()).train_on_batch(both(CLIP, np.zeros(unlabelled, "uint8")), LABELS)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "half"}, "a ladder's model is full, gamma, supervised; got 'half'"),
        ({"filters": 0}, "a whole number of at least 1 for filters, got 0"),
        ({"depth": 1.5}, "a whole number of at least 0 for depth, got 1.5"),
        ({"costs": [1, 2]}, "a ladder of 6 stages takes 7 numbers for costs"),
        ({"noise": -1}, "takes 7 numbers for noise, the input's first and none negative"),
        ({"temporal": "convgru"}, "ladder has a shape of its own and takes no temporal"),
        ({"condition": 2}, "takes no condition"),
        ({"head": "frame"}, "ladder finds classes and predicts no frames"),
    ],
)
def test_what_makes_no_ladder_is_one_clear_line(options, said):
    with pytest.raises(ConfigError, match=said):
        tiny(**options)


def test_it_has_no_encoder_to_freeze_and_no_level_to_remember_at():
    with pytest.raises(ModelError, match="ladder has a shape of its own and no encoder to freeze"):
        freeze(tiny())
    with pytest.raises(ModelError, match="ladder has a shape of its own and no levels to add a memory at"):
        from_image_model(tiny(), {"P2": "convgru"})

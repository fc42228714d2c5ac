"""The mean teacher: an average of the student."""

import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.models import load_model, save_model
from seqseg.training.unlabelled.mean_teacher import MeanTeacher


def test_the_teacher_is_the_average_of_the_student_after_every_step(make_learner, batch, values):
    learner = make_learner(MeanTeacher, decay=0.7, ramp=2)
    method = learner.method
    average = values(learner.network.trainable_variables)
    for step in range(5):
        learner.train_on_batch(*batch(step))
        decay = min(1 - 1 / (step + 2), 0.7)
        student = values(learner.network.trainable_variables)
        average = [decay * old + (1 - decay) * new for old, new in zip(average, student, strict=True)]
        if step in (2, 4):  # as at the end of an epoch; it may come twice
            learner.settle()
            learner.settle()
    teacher = values(variable for variable, _ in method.followed)
    for mine, expected in zip(teacher, average, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)
    assert any(np.abs(mine - other).max() > 1e-4 for mine, other in zip(teacher, student, strict=True))


def test_the_teacher_is_what_is_kept_and_is_not_learnt(make_learner):
    learner = make_learner(MeanTeacher)
    assert learner.kept is learner.method.teacher
    assert len(learner.trainable_variables) == len(learner.network.trainable_variables)


def test_unlabelled_clips_alone_train_the_student(make_learner, batch, values):
    learner = make_learner(MeanTeacher, ramp=0, weight=30.0)
    before = values(learner.network.trainable_variables)
    learner.train_on_batch(*batch(labelled=False))
    after = values(learner.network.trainable_variables)
    assert all(np.abs(new - old).max() > 0 for new, old in zip(after, before, strict=True))


def test_where_both_see_the_same_there_is_nothing_to_learn(make_learner, batch):
    learner = make_learner(MeanTeacher, ramp=0, noise=0, mix=False, model={"norm": None})
    logs = learner.train_on_batch(*batch(labelled=False), return_dict=True)
    assert float(logs["loss"]) == pytest.approx(0, abs=1e-9)


def test_the_cost_is_the_squared_difference_of_probabilities(make_learner, batch):
    learner = make_learner(MeanTeacher, ramp=0, weight=2.0, noise=0, mix=False, model={"norm": None})
    head = learner.method.teacher.head
    head.bias.assign(head.bias + np.float32([0.5, 0, -1]))
    inputs, labels = batch(labelled=False)
    student, teacher = (
        ops.convert_to_numpy(ops.softmax(model(inputs["unlabelled"])))
        for model in (learner.network, learner.method.teacher)
    )
    logs = learner.train_on_batch(inputs, labels, return_dict=True)
    assert float(logs["loss"]) == pytest.approx(2 * ((student - teacher) ** 2).sum(axis=-1).mean(), rel=1e-4)


def test_the_teacher_s_norms_hold_the_statistics_of_pictures_without_noise(make_learner, batch, values):
    learner = make_learner(MeanTeacher, noise=0.5, rate=0.0)
    inputs, labels = batch()
    learner.train_on_batch(inputs, labels)
    alone = make_learner(MeanTeacher).network
    alone(inputs["unlabelled"], training=True)  # the same weights
    weights = learner.method.teacher.weights
    pairs = zip(weights, values(weights), values(alone.weights), strict=True)
    moving = [(mine, expected) for variable, mine, expected in pairs if "moving" in variable.path]
    assert moving
    for mine, expected in moving:
        np.testing.assert_allclose(mine, expected, rtol=1e-4, atol=1e-6)


def test_a_cut_is_half_of_the_picture_and_the_same_in_all_frames(make_learner):
    method = make_learner(MeanTeacher).method
    clips = ops.zeros((50, 3, 40, 60, 3))
    cut = ops.convert_to_numpy(method._cut(clips))
    assert cut.shape == (50, 1, 40, 60, 1)
    areas = cut.mean(axis=(1, 2, 3, 4))
    np.testing.assert_allclose(areas, 0.5, atol=0.04)
    assert len({one.tobytes() for one in cut}) > 40


def test_what_is_kept_is_a_model_like_any_other(make_learner, batch, tmp_path):
    learner = make_learner(MeanTeacher)
    inputs, labels = batch()
    learner.train_on_batch(inputs, labels)
    learner.settle()
    save_model(learner.kept, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs["labelled"]), learner.kept(inputs["labelled"]), atol=1e-6)


def test_several_classes_a_pixel_are_trained_as_well(make_learner, batch):
    learner = make_learner(MeanTeacher, model={"head": "multi_label"})
    inputs, _ = batch()
    assert learner.method(inputs, training=True).shape == (2, 2, 13, 19, 3)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"decay": 1.5}, "a number from 0 to 1 for decay, got 1.5"),
        ({"noise": -0.1}, "a number from 0 to 1 for noise, got -0.1"),
        ({"mix": 1}, "true or false for mix, got 1"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(make_learner, option, message):
    with pytest.raises(ConfigError, match=f"training.unlabelled needs {message}"):
        make_learner(MeanTeacher, **option)

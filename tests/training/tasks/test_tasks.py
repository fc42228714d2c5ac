"""Data, model and loss that go together, and those that do not."""

import dataclasses

import numpy as np
import pytest

from seqseg.data import open_data
from seqseg.errors import ConfigError, DataError
from seqseg.evaluation.evaluate import check_answers, evaluate_clips, evaluate_deployed
from seqseg.losses import BinaryCrossEntropy, CrossEntropy
from seqseg.models import build_model
from seqseg.training.setup import set_up
from seqseg.training.tasks import choose_task
from seqseg.training.tasks.class_validation import validate

SEVERAL = "shapes:videos=2,frames=3,size=19x29,multi_label=1"
WANTED = "shapes:videos=2,frames=3,size=19x29,vector=1"


def test_several_labels_take_the_head_and_the_loss_that_fit_and_say_so(tiny):
    task = choose_task(tiny(data__source=SEVERAL), open_data(SEVERAL))
    assert (task.head, task.chosen_loss) == ("multi_label", "binary_cross_entropy")
    assert [note.split(":")[0] for note in task.notes] == [
        "pixels of shapes may show several classes",
        "the loss is binary_cross_entropy, a yes or no for each class",
    ]


def test_exclusive_classes_take_softmax_and_say_nothing(tiny):
    task = choose_task(tiny(), open_data("shapes:videos=1"))
    assert (task.head, task.chosen_loss, task.notes) == ("softmax", "cross_entropy", ())


@pytest.mark.parametrize(
    ("source", "settings", "message"),
    [
        (SEVERAL, {"model__head": "softmax"}, 'model.head is "softmax".* leave model.head out or take "multi_label"'),
        (SEVERAL, {"training__loss": "dice"}, "training.loss dice is for one class a pixel.*binary_cross_entropy"),
        (WANTED, {"model__condition": 2}, r"vector of 2, but shapes has vectors of 3 \(disc, cross, bar\)"),
        (SEVERAL, {"model__condition": 2}, "vector of 2, but shapes has no vectors"),
    ],
)
def test_what_does_not_fit_is_one_line(tiny, source, settings, message):
    with pytest.raises(ConfigError, match=message):
        choose_task(tiny(data__source=source, **settings), open_data(source))


def test_vectors_that_no_model_takes_are_a_note(tiny):
    (note,) = choose_task(tiny(data__source=WANTED), open_data(WANTED)).notes
    assert "model.condition=3 gives them" in note


def test_a_softmax_model_is_not_scored_on_several_labels():
    data = open_data(SEVERAL)
    model = build_model("unet", classes=data.classes, filters=2)
    with pytest.raises(DataError, match="the model's softmax head finds one"):
        check_answers(data, model.card)


def test_several_labels_train_and_are_scored_alike_in_training_and_evaluation(tiny):
    setup = set_up(tiny(data__source=SEVERAL, data__timesteps=3, model__name="unet"))
    assert isinstance(setup.learner.loss, BinaryCrossEntropy)
    clips, labels = next(setup.batches(0))
    assert labels.shape[-1] == 4
    losses = [float(setup.learner.train_on_batch(clips, labels, return_dict=True)["loss"]) for _ in range(4)]
    assert losses[-1] < losses[0]
    scores = validate(setup)
    evaluation = evaluate_clips(setup.network, setup.validation, timesteps=3)
    np.testing.assert_array_equal(scores.counts, evaluation.counts)
    assert scores.samples[0][1].shape == scores.samples[0][2].shape == (19, 29, 4)
    assert "a pixel may show several classes" in evaluation.table() and evaluation.to_dict()["frames"] == 6


def test_a_step_that_sees_all_that_is_there_scores_one():
    data = open_data(SEVERAL, split="val")
    truth = {}
    for video in data.videos:
        for index in range(3):
            truth[video.frame(index).tobytes()] = np.unpackbits(video.mask(index)[..., :1], axis=-1, bitorder="little")

    def step(image, state):
        return truth[image.tobytes()][..., :4], state

    evaluation = evaluate_deployed(step, data)
    assert evaluation.miou == evaluation.mean_dice == 1 and evaluation.frames == 6


def test_a_multi_label_head_learns_exclusive_classes_too(tiny):
    setup = set_up(tiny(model__name="unet", model__head="multi_label"))
    clips, labels = next(setup.batches(0))
    assert isinstance(setup.learner.loss, BinaryCrossEntropy) and labels.ndim == 4
    setup.learner.train_on_batch(clips, labels, return_dict=True)
    assert validate(setup).counts.shape == (5, 5)
    assert isinstance(set_up(tiny()).learner.loss, CrossEntropy)


def test_vectors_reach_the_model_in_training_validation_and_evaluation(tiny):
    setup = set_up(tiny(data__source=WANTED, model__condition=3, training__carry_state=True))
    inputs, labels = next(setup.batches(0))
    setup.learner.train_on_batch(inputs, labels, return_dict=True)
    film = setup.network.film.modulation.kernel
    film.assign(5 * np.random.default_rng(0).normal(size=film.shape))  # it starts at zero, where no vector matters
    scores = validate(setup)
    data = setup.validation
    evaluation = evaluate_clips(setup.network, data, timesteps=2)
    np.testing.assert_array_equal(scores.counts, evaluation.confusion)
    others = tuple(dataclasses.replace(video, vectors=np.roll(video.vectors, 1, axis=1)) for video in data.videos)
    wrong = evaluate_clips(setup.network, dataclasses.replace(data, videos=others), timesteps=2)
    assert (wrong.confusion != evaluation.confusion).any()

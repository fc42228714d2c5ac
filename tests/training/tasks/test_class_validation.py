"""The score of an epoch equals that of an evaluation at the same size."""

import dataclasses

import numpy as np
import pytest

from seqseg.errors import DataError
from seqseg.evaluation.evaluate import evaluate_clips
from seqseg.training.setup import set_up
from seqseg.training.tasks.class_validation import validate


@pytest.fixture
def setup(tiny):
    return set_up(tiny(data__timesteps=3, data__val="shapes:videos=3,frames=4,size=19x29,seed=2"))


def test_it_counts_what_an_evaluation_counts_with_overlapping_clips_and_a_half_batch(setup):
    scores = validate(setup)
    evaluation = evaluate_clips(setup.network, setup.validation, timesteps=3)
    np.testing.assert_array_equal(scores.counts, evaluation.confusion)
    assert scores.miou == evaluation.miou


def test_its_loss_is_the_mean_over_all_labelled_pixels(setup):
    total = weight = 0.0
    for clips, labels in setup.validation_batches():
        part, count = setup.scorer.criterion.sums(labels, setup.network(clips))
        total, weight = total + float(part), weight + float(count)
    assert validate(setup).loss == pytest.approx(total / weight, rel=1e-5)


def test_its_samples_are_whole_pictures(setup):
    for image, labels, prediction in validate(setup).samples:
        assert image.shape == (19, 29, 3) and labels.shape == prediction.shape == (19, 29)


def test_it_can_be_stopped(setup):
    assert validate(setup, stop=lambda: True) is None


def test_a_validation_set_without_labels_is_refused(setup):
    def unlabelled():
        for clips, labels in setup.validation_batches():
            yield clips, np.full_like(labels, 255)

    with pytest.raises(DataError, match="no pixel of the validation set shapes is labelled.*data.val"):
        validate(dataclasses.replace(setup, validation_batches=unlabelled))

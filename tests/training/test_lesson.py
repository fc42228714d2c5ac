"""The loss that training and validation share is the one that the experiment names."""

import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.losses import Dice
from seqseg.training.lesson import prepare
from seqseg.training.validation import validate


def test_training_loss_names_the_loss(tiny):
    lesson = prepare(tiny(training__loss="dice", training__class_weights=[1.0, 2.0, 2.0, 2.0, 2.0]))
    assert isinstance(lesson.learner.loss, Dice)
    assert lesson.learner.loss.void == lesson.data.void
    assert lesson.learner.loss.class_weights == [1, 2, 2, 2, 2]


def test_validation_measures_the_same_loss(tiny):
    lesson = prepare(tiny(training__loss="dice"))
    frames = [
        float(Dice()(labels[i : i + 1, j], np.asarray(lesson.network(clips))[i : i + 1, j]))
        for clips, labels in lesson.validation_batches()
        for i, j in np.ndindex(labels.shape[:2])
        if (labels[i, j] != lesson.data.void).any()
    ]
    assert validate(lesson).loss == pytest.approx(np.mean(frames), rel=1e-4)


def test_an_unknown_loss_is_an_error_with_the_nearest(tiny):
    with pytest.raises(ConfigError, match="unknown training.loss 'focal_tverski'; did you mean focal_tversky"):
        prepare(tiny(training__loss="focal_tverski"))

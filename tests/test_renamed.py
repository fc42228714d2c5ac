"""Public names of the release before still work, and warn."""

import numpy as np
import pytest

from seqseg import layers, losses
from seqseg.data import open_data
from seqseg.data.selection import opening
from seqseg.evaluation.evaluate import evaluate_clips
from seqseg.geometry import Resizing
from seqseg.inference.predictor import Predictor
from seqseg.models import build_model


@pytest.fixture(scope="module")
def model():
    return build_model("unet", classes=5, filters=2)


def test_the_consistency_loss_was_called_temporal_consistency():
    with pytest.warns(DeprecationWarning, match=r"temporal_consistency is now called consistency_loss"):
        assert losses.temporal_consistency is losses.consistency_loss


def test_logits_that_are_restored_were_replaced():
    with pytest.warns(DeprecationWarning, match="replace_logits is now called restore_logits"):
        assert layers.replace_logits is layers.restore_logits
    with pytest.warns(DeprecationWarning, match="seqseg.layers.placing.replace_logits"):
        assert layers.placing.replace_logits is layers.restore_logits


def test_a_predictors_resizing_was_called_fitting(model):
    predictor = Predictor(model, size=(8, 8))
    with pytest.warns(DeprecationWarning, match=r"Predictor.fitting is now called resizing"):
        assert predictor.fitting is predictor.resizing


def test_a_models_top_class_was_called_surest(model):
    logits = np.array([[0.0, 3.0, 1.0, 0.0, 0.0]], "float32")
    with pytest.warns(DeprecationWarning, match="surest is now called top_class"):
        assert np.asarray(model.surest(logits)).tolist() == [1]


def test_an_evaluations_resizing_was_called_fitting(model):
    model.card = model.card.__class__(**(vars(model.card) | {"classes": open_data(SHAPES).classes}))
    resizing = Resizing("resize", (16, 24))
    with pytest.warns(DeprecationWarning, match=r"evaluate_clips\(fitting=\) is now called resizing="):
        former = evaluate_clips(model, open_data(SHAPES), timesteps=1, fitting=resizing)
    assert former.miou == evaluate_clips(model, open_data(SHAPES), timesteps=1, resizing=resizing).miou


def test_the_opener_of_sets_was_called_screening():
    with pytest.warns(DeprecationWarning, match="Screening is now called SetOpener"):
        assert opening.Screening is opening.SetOpener


SHAPES = "shapes:videos=1,frames=2,size=19x29"

"""Public names of the release before still work, and warn."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

import seqseg.former_modules
import streams.former_modules
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


FORMER = {**seqseg.former_modules.FORMER, **streams.former_modules.FORMER}


@pytest.mark.parametrize("old", FORMER)
def test_a_module_that_moved_is_found_where_it_was(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=rf"{old} is now {FORMER[old]}; the old name goes"):
        found = importlib.import_module(old)
    assert found is importlib.import_module(FORMER[old])
    assert found.__spec__.name == FORMER[old]


def test_the_warning_names_the_line_that_imports():
    code = "from seqseg.data.record_frame import decode_image\nfrom streams.engine import Engine"
    run = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True)
    assert "<string>:1: DeprecationWarning: seqseg.data.record_frame is now seqseg.data.records.frame" in run.stderr
    assert "<string>:2: DeprecationWarning: streams.engine.Engine is now streams.engine.engine.Engine" in run.stderr


@pytest.mark.parametrize(
    ("package", "name"), [("seqseg.data.records", "open_records"), ("seqseg.inference.cost", "weights_mb")]
)
def test_what_a_file_held_is_found_in_the_package_of_its_name(package, name):
    with pytest.warns(DeprecationWarning, match=f"{package}.{name} is now {package.rsplit('.', 1)[0]}"):
        assert getattr(importlib.import_module(package), name).__name__ == name


@pytest.mark.parametrize("name", ["seqseg.nowhere", "streams.nowhere", "seqseg.data.nowhere"])
def test_a_module_that_never_was_is_not_found(name):
    with pytest.raises(ModuleNotFoundError, match=name):
        importlib.import_module(name)
    with pytest.raises(AttributeError):
        _ = importlib.import_module("streams.engine").nowhere


SHAPES = "shapes:videos=1,frames=2,size=19x29"

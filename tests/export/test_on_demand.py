"""A model under another runtime by one argument."""

import dataclasses

import keras
import numpy as np
import pytest

from seqseg import Predictor
from seqseg.errors import ConfigError, ExportError, ModelError
from seqseg.export.predictor import ExportedPredictor
from seqseg.geometry import Resizing
from seqseg.inference.forecasting.forecaster import Forecaster
from seqseg.models import build_model
from tests.export.conftest import SIZE, require


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path))
    return tmp_path / "exports"


def frames(count, size=(35, 50)):
    return np.random.default_rng(8).integers(0, 256, (count, *size, 3), dtype="uint8")


def test_a_predictor_takes_a_runtime_and_keeps_what_it_exported(net, cache, any_format):
    require(any_format)
    keras_one, other = Predictor(net, size="trained"), Predictor(net, size="trained", runtime=any_format)
    assert isinstance(other, ExportedPredictor)
    here = there = None
    for frame in frames(3, SIZE):
        mask, here = other.step(frame, here)
        expected, there = keras_one.step(frame, there)
        assert (mask == expected).mean() >= 0.999
    made = {path: path.stat().st_mtime_ns for path in cache.iterdir()}
    Predictor(net, size="trained", runtime=any_format)
    assert {path: path.stat().st_mtime_ns for path in cache.iterdir()} == made


def test_what_was_damaged_in_the_cache_is_written_again(net, cache, any_format):
    require(any_format)
    Predictor(net, size="trained", runtime=any_format)
    (path,) = (path for path in cache.iterdir() if path.suffix in (".onnx", ".tflite", ".xml"))
    path.write_bytes(b"cut short")
    Predictor(net, size="trained", runtime=any_format).step(frames(1)[0])


def test_the_path_of_an_export_is_a_model_too(exported, any_format):
    assert Predictor(exported(any_format), runtime=any_format).card.classes == ("ground", "cell", "wall")


def test_a_stretched_size_is_that_of_keras(net, cache, any_format):
    require(any_format)
    other, keras_one = Predictor(net, size=(30, 44), runtime=any_format), Predictor(net, size=(30, 44))
    (frame,) = frames(1)
    assert (other.step(frame)[0] == keras_one.step(frame)[0]).mean() >= 0.999


def test_forecasts_are_those_of_keras_to_rounding(cache, any_format):
    require(any_format)
    keras.utils.set_random_seed(5)
    model = build_model("frame_predictor", filters=2, kernel_size=3, classes=3)
    model.card = dataclasses.replace(model.card, size=SIZE, fit=Resizing("letterbox", SIZE).to_card())
    ours, theirs = (Forecaster(model, frames=3, size="trained", runtime=name) for name in (any_format, "keras"))
    here = there = None
    for frame in frames(3):
        future, here = ours.step(frame, here)
        expected, there = theirs.step(frame, there)
        assert future.shape == expected.shape == (3, 35, 50, 3)
        assert np.abs(future[0].astype(int) - expected[0]).max() <= 1
        assert np.abs(future.astype(int) - expected).max() <= 3


def test_what_cannot_be_is_one_line(net, exported, cache, any_format):
    require(any_format)
    with pytest.raises(ExportError, match="unknown runtime 'onyx'; did you mean onnx"):
        Predictor(net, runtime="onyx")
    with pytest.raises(ConfigError, match="frames of one size"):
        Predictor(net, size=None, runtime=any_format)
    with pytest.raises(ConfigError, match="one size alone"):
        Predictor(exported(any_format), size=(8, 8), runtime=any_format)
    with pytest.raises(ModelError, match="predicts no frames"):
        Forecaster(net, frames=2, runtime=any_format)
    assert not cache.exists()

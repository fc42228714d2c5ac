import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.inference import Predictor
from seqseg.inference.compiling import compile_step
from seqseg.inference.in_precision import in_precision
from seqseg.models import build_model

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 24, 40, 3), "uint8")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return build_model("unet_lstm", classes=3, filters=4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_the_same_weights_compute_in_half_precision_with_states_and_logits_in_float32(model, precision):
    half = in_precision(model, precision)
    assert keras.config.dtype_policy().name == "float32"
    assert half.decoder.compute_dtype == precision.removeprefix("mixed_")
    for mine, theirs in zip(half.weights, model.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    logits, state = half(FRAMES[:1], return_state=True)
    expected, _ = model(FRAMES[:1], return_state=True)
    assert {str(logits.dtype), *(str(tensor.dtype) for tensor in state.values())} & {"float32", "<dtype: 'float32'>"}
    far = np.abs(ops.convert_to_numpy(logits) - ops.convert_to_numpy(expected)).max()
    assert 0 < far < 0.05 * np.abs(ops.convert_to_numpy(expected)).max()


def test_nothing_but_masks_comes_back_from_the_device(model, monkeypatch):
    predictor, state, fetched = Predictor(model), None, []
    original = ops.convert_to_numpy

    def counted(tensor):
        array = original(tensor)
        fetched.append(array.shape)
        return array

    monkeypatch.setattr(ops, "convert_to_numpy", counted)
    for frame in FRAMES:
        _, state = predictor.step(frame, state)
    assert fetched == len(FRAMES) * [(1, 24, 40)]
    assert not any(isinstance(tensor, np.ndarray) for tensor in state.values())


def test_xla_gives_the_same_masks(model):
    if keras.backend.backend() == "torch":
        with pytest.raises(ConfigError, match="torch has no XLA"):
            compile_step(model, lambda *_: None, xla=True)
        return
    plain, compiled = Predictor(model).step(FRAMES[0])[0], Predictor(model, xla=True).step(FRAMES[0])[0]
    assert (plain == compiled).mean() >= 0.999

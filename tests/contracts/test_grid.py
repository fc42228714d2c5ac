"""Encoder x memory x decoder over the registries, at an odd size: what is registered must go with all the rest."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.models import build_model, load_model, save_model
from seqseg.models.decoders import DECODERS
from tests.compiled import compiled

ENCODERS = [
    {"name": "plain", "filters": 4, "depths": [1, 1, 1, 1]},
    {"name": "mobilenet", "alpha": 0.25},
    {"name": "mobilenetv2", "alpha": 0.35, "output_stride": 16},
    {"name": "resnet18"},
]
MEMORIES = [
    "none",
    {"P3": {"name": "convlstm", "filters": 4}},
    {"P2": {"name": "convgru", "filters": 3, "residual": True}, "logits": {"name": "convlstm", "filters": 2}},
    {"P3": {"name": "convgru", "filters": 4, "layers": 2, "norm": "group"}},
]
NAMES = sorted(set(DECODERS) - {"unpool"})  # which needs the places of the maxima; see test_composition.py


def marks(encoder, memory, decoder):
    """Every decoder meets a light encoder and some memory, every encoder some decoders; slow: every combination."""
    light = encoder == decoder % 2 and memory == decoder // 2 % 4
    heavy = (encoder, memory, NAMES[decoder]) in ((2, 2, "deeplabv3plus"), (3, 1, "unet"), (3, 3, "fpn"))
    return () if light or heavy else pytest.mark.slow


if keras.backend.backend() == "tensorflow":
    GRID = [
        pytest.param(encoder, memory, decoder, marks=marks(e, m, d))
        for (e, encoder), (m, memory), (d, decoder) in itertools.product(
            enumerate(ENCODERS), enumerate(MEMORIES), enumerate(NAMES)
        )
    ]
else:
    GRID = [  # JAX compiles every operation by itself, which takes its time
        (ENCODERS[0], MEMORIES[1], "deeplabv3plus"),
        pytest.param(ENCODERS[0], MEMORIES[2], "fpn", marks=pytest.mark.slow),
        pytest.param(ENCODERS[1], MEMORIES[3], "unet", marks=pytest.mark.slow),
        pytest.param(ENCODERS[2], MEMORIES[1], "linknet", marks=pytest.mark.slow),
    ]
CLIP = np.random.default_rng(0).integers(0, 256, (2, 3, 37, 53, 3), "uint8")


def numpy_of(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(("encoder", "memory", "decoder"), GRID, ids=str)
def test_the_law_holds(encoder, memory, decoder, tmp_path):
    keras.utils.set_random_seed(0)
    model = compiled(build_model("segmenter", classes=3, backbone=encoder, temporal=memory, decoder=decoder))
    whole, _ = model.run(CLIP)
    whole = numpy_of(whole)
    scale = max(1.0, np.abs(whole).max())  # untrained encoders may give logits in the hundreds
    assert whole.shape == (2, 3, 37, 53, 3)
    first, state = model.run(CLIP[:, :1])
    rest, state = model.run(CLIP[:, 1:], state)
    np.testing.assert_allclose(np.concatenate([numpy_of(first), numpy_of(rest)], 1) / scale, whole / scale, atol=1e-5)
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == model.initial_state_shapes(2, 37, 53)
    alone, _ = model.run(CLIP[1:])
    np.testing.assert_allclose(numpy_of(alone)[0] / scale, whole[1] / scale, atol=1e-5)
    save_model(model, tmp_path / "model.keras")
    again, _ = compiled(load_model(tmp_path / "model.keras")).run(CLIP)
    np.testing.assert_allclose(numpy_of(again) / scale, whole / scale, atol=1e-5)

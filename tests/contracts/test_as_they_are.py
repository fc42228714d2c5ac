"""The contract for every preset at its own width, on its own encoder: minutes, and gigabytes for FCN's dense layers."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.models import PRESETS, build_model, load_model, save_model

pytestmark = pytest.mark.slow
CLIP = np.random.default_rng(0).integers(0, 256, (2, 2, 45, 61, 3), "uint8")


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_as_it_is_keeps_the_contract(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = build_model(name, classes=5)
    whole = ops.convert_to_numpy(model.run(CLIP)[0])
    scale = max(1.0, np.abs(whole).max())  # deep nets without trained weights may give logits of thousands
    first, state = model.run(CLIP[:, 0])
    second, _ = model.run(CLIP[:, 1], state)
    parts = np.stack([ops.convert_to_numpy(first), ops.convert_to_numpy(second)], axis=1)
    np.testing.assert_allclose(parts / scale, whole / scale, atol=1e-5)
    alone = ops.convert_to_numpy(model.run(CLIP[1:])[0])
    np.testing.assert_allclose(alone[0] / scale, whole[1] / scale, atol=1e-5)
    save_model(model, tmp_path / "model.keras")
    del model
    again = load_model(tmp_path / "model.keras")
    (tmp_path / "model.keras").unlink()  # half a gigabyte for some
    np.testing.assert_allclose(ops.convert_to_numpy(again(CLIP)) / scale, whole / scale, atol=1e-5)

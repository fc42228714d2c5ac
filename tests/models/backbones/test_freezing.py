"""What is frozen stays, bit for bit, and the rest learns."""

import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError
from seqseg.models import build_model, load_model, save_model, unfreeze
from seqseg.models.backbones.applications import Application

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 37, 45, 3), "uint8")
LABELS = np.random.default_rng(1).integers(0, 2, IMAGES.shape[:3], "uint8")


def model_on(**options):
    keras.utils.set_random_seed(0)  # with other values and so few channels a stage may be dead, and learn nothing
    backbone = {"name": "mobilenet", "alpha": 0.25} | options
    return build_model("segmenter", classes=2, backbone=backbone, decoder="plain")


def values(layer):
    return {variable.path: ops.convert_to_numpy(variable.value) for variable in layer.variables}


def norms(model):
    layers = model.backbone._flatten_layers()
    return [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]


def train(model, steps=2):
    """Train, and give the paths of what changed."""
    before = values(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss, run_eagerly=True)
    for _ in range(steps):
        model.train_on_batch(IMAGES, LABELS)
    after = values(model)
    return {path for path in before if not np.array_equal(before[path], after[path])}


def again(model, tmp_path):
    save_model(model, tmp_path / "model.keras")
    return load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("reloaded", [False, True])
def test_frozen_norms_stay_as_they_are_and_the_kernels_between_them_learn(tmp_path, reloaded):
    model = model_on(frozen_norm=True)
    for layer in norms(model):
        layer.moving_mean.assign(np.random.default_rng(2).normal(0, 0.1, layer.moving_mean.shape))
    if reloaded:
        model = again(model, tmp_path)
    model.backbone.trainable = False
    unfreeze(model)
    frozen = {variable.path for layer in norms(model) for variable in layer.variables}
    changed = train(model)
    assert len(frozen) == 4 * 27 and not changed & frozen
    encoder = {variable.path for variable in model.backbone.variables}
    assert encoder - frozen <= changed


def test_with_frozen_norms_training_sees_what_inference_sees():
    encoder = Application("mobilenet", alpha=0.1, frozen_norm=True)
    for level, features in encoder(IMAGES, training=True).items():
        np.testing.assert_array_equal(
            ops.convert_to_numpy(features), ops.convert_to_numpy(encoder(IMAGES, training=False)[level])
        )
    assert np.abs(ops.convert_to_numpy(features)).max() > 0


@pytest.mark.parametrize("reloaded", [False, True])
def test_frozen_up_to_a_level_all_that_makes_it_stays(tmp_path, reloaded):
    model = model_on(freeze="P3")
    if reloaded:
        model = again(model, tmp_path)
    layers = by_layer(model)
    early = [name for name in layers if name.startswith("conv1") or stage(name) <= 5]
    frozen = {variable.path for name in early for variable in layers[name]}
    changed = train(model)
    assert changed == set(values(model)) - frozen - seeds(model)
    assert "conv_pw_5" in early and "conv_dw_6" in layers


def test_frozen_altogether_only_the_rest_learns(tmp_path):
    model = again(model_on(freeze="all"), tmp_path)
    assert model.backbone.trainable_variables == []
    encoder = {variable.path for variable in model.backbone.variables}
    assert train(model) == set(values(model)) - encoder - seeds(model)


def test_a_level_to_freeze_that_is_not_there_gets_the_ones_that_are():
    with pytest.raises(ConfigError, match="freeze must be one of P1, P2, P3, P4, P5 or all, got 'P9'"):
        model_on(freeze="P9")


def by_layer(model):
    return {layer.name: layer.variables for layer in model.backbone.taps.layers if layer.variables}


def stage(name):
    """13 for conv_pw_13_bn."""
    return next(int(part) for part in name.split("_") if part.isdigit())


def seeds(model):
    return {path for path in values(model) if "seed" in path}

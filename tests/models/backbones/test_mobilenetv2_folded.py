"""MobileNetV2 of convolutions alone: against Keras' own with its norms folded, and where its points look."""

import keras
import numpy as np
import pytest

from seqseg.models.backbones import BACKBONES

IMAGES = np.random.default_rng(0).integers(0, 256, (1, 96, 128, 3), "uint8")


@pytest.fixture(scope="module")
def encoder():
    keras.utils.set_random_seed(0)
    made = BACKBONES["mobilenetv2_folded"](alpha=0.35)
    made(IMAGES)
    return made


def test_the_levels_are_halved_and_rounded_up(encoder):
    sizes = {level: tuple(map.shape[1:3]) for level, map in encoder(IMAGES[:, :45, :61]).items()}
    assert sizes == {"P1": (23, 31), "P2": (12, 16), "P3": (6, 8), "P4": (3, 4)}
    assert encoder.channels == {"P1": 8, "P2": 8, "P3": 16, "P4": 112}


def test_the_network_up_to_an_eighth_is_keras_own_with_its_norms_folded_into_biases():
    theirs = keras.applications.MobileNetV2(include_top=False, weights=None, alpha=0.35, input_shape=(None, None, 3))
    rng = np.random.default_rng(1)
    for layer in theirs.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    ours = BACKBONES["mobilenetv2_folded"](alpha=0.35)
    ours.build((None, None, None, 3))
    for layer in ours.taps.layers:
        if layer.weights:
            layer.set_weights(_folded(theirs, _name_there(layer.name)))
    tap = keras.Model(theirs.input, theirs.get_layer("block_5_add").output)
    expected = tap(IMAGES.astype("float32") / 127.5 - 1)
    np.testing.assert_allclose(ours(IMAGES)["P3"], expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_a_picture_and_network_turned_left_to_right_give_the_turned_map():
    # Points in the middle of 16 pixels stay there when turned; the middle of an even number is one of its two.
    encoder = BACKBONES["mobilenetv2_folded"](alpha=0.35)
    encoder.build((None, None, None, 3))
    large = np.random.default_rng(2).integers(0, 256, (1, 32, 640, 3), "uint8")
    straight = np.asarray(encoder(large)["P4"])
    for layer in encoder.taps.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel[:, ::-1], bias])
    turned = np.asarray(encoder(np.roll(large[:, :, ::-1], -1, axis=2))["P4"])[:, :, ::-1]
    middle = slice(18, 22)  # further out the borders are seen
    np.testing.assert_allclose(turned[:, :, middle], straight[:, :, middle], atol=1e-5 * np.abs(straight).max())


def _name_there(name):
    return {
        "stem": "Conv1",
        "block_0_depthwise": "expanded_conv_depthwise",
        "block_0_project": "expanded_conv_project",
    }.get(name, name)


def _folded(network, name):
    norm = {"Conv1": "bn_Conv1"}.get(name, f"{name}_BN")
    kernel, norm = network.get_layer(name).get_weights()[0], network.get_layer(norm)
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / np.sqrt(variance + norm.epsilon)
    depthwise = name.endswith("depthwise")
    return [kernel * (factor[:, None] if depthwise else factor), beta - mean * factor]

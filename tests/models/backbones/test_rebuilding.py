"""Inception V3 and Xception with "same" padding: exact levels, and inside the borders the features of the originals."""

import keras
import numpy as np
import pytest

from seqseg.models.backbones import BACKBONES

# How far the borders that the original's "valid" convolutions take have moved its features, in pixels of the image:
# Xception takes 1 at stride 2, Inception V3 takes 1 at stride 2 and 1 at stride 4. (Level, layer of the original, how
# many of its points stand before our first, how far from the border ours are touched by filling.)
CASES = {
    "xception": (
        keras.applications.Xception,
        2,
        [("P1", "block2_sepconv2_bn", 0, 4), ("P2", "block3_sepconv2_bn", 0, 5), ("P3", "block4_sepconv2_bn", 0, 6)],
    ),
    "inceptionv3": (
        keras.applications.InceptionV3,
        6,
        [("P3", "mixed2", 0, 9)],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_inside_the_borders_features_are_those_of_the_original(name, tmp_path):
    make, moved, levels = CASES[name]
    original = make(include_top=False, weights=None, input_shape=(None, None, 3))
    rng = np.random.default_rng(0)
    for layer in original.layers:  # statistics that make a difference
        if isinstance(layer, keras.layers.BatchNormalization):
            *rest, mean, variance = layer.get_weights()
            layer.set_weights([*rest, rng.normal(0, 0.1, mean.shape), rng.uniform(0.5, 1.5, variance.shape)])
    path = tmp_path / "original.weights.h5"
    original.save_weights(path)
    side = 192
    image = rng.integers(0, 256, (1, side + 16, side + 16, 3)).astype("float32")
    ours = BACKBONES[name](weights=path)(image[:, moved : moved + side, moved : moved + side])
    for level, layer, before, touched in levels:
        whole = keras.Model(original.input, original.get_layer(layer).output)(image / 127.5 - 1)
        got = keras.ops.convert_to_numpy(ours[level])[0]
        inside = slice(touched, got.shape[0] - touched)
        beyond = slice(before + touched, before + got.shape[0] - touched)
        expected = keras.ops.convert_to_numpy(whole)[0, beyond, beyond]
        np.testing.assert_allclose(got[inside, inside], expected, atol=1e-4 * np.abs(expected).max(), err_msg=level)
        assert expected.shape[0] >= 4 and expected.std() > 0.01


@pytest.mark.slow
def test_layers_that_keras_named_by_itself_are_numbered_from_the_first_whatever_was_built_before():
    names = []
    for _ in range(2):
        encoder = BACKBONES["inceptionv3"]()
        encoder.build((None, None, None, 3))
        names.append([layer.name for layer in encoder.taps.layers][1:])
    assert names[0] == names[1]
    assert "activation_0" in names[0]

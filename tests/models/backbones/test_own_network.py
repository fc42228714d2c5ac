import keras
import numpy as np
import pytest
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.backbones.own_network import OwnNetwork

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 45, 61, 3), "uint8")


def classifier(padding="same"):
    """Three strides, a shortcut, a batch norm, and a top that is of no use here."""
    images = keras.Input((None, None, 3), name="pictures")
    maps = keras.layers.Conv2D(4, 3, strides=2, padding=padding, activation="relu")(images)
    more = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="more")(maps)
    maps = keras.layers.add([maps, more])
    maps = keras.layers.MaxPooling2D(2, padding=padding)(maps)
    maps = keras.layers.BatchNormalization()(maps)
    maps = keras.layers.Conv2D(6, 3, strides=2, padding=padding, activation="relu", name="last")(maps)
    return keras.Model(images, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(maps)), name="mine")


def test_levels_are_the_last_maps_of_each_stride_with_the_networks_weights():
    network = classifier()
    encoder = OwnNetwork(network, scaling="unit")
    assert encoder.channels == {"P1": 4, "P2": 4, "P3": 6}
    pyramid = encoder(IMAGES)
    assert [tuple(maps.shape[1:3]) for maps in pyramid.values()] == [(23, 31), (12, 16), (6, 8)]
    filled = np.zeros((2, 64, 64, 3), "float32")
    filled[:, :45, :61] = IMAGES / 127.5 - 1
    deep = keras.Model(network.input, network.get_layer("last").output)(filled)
    np.testing.assert_allclose(pyramid["P3"], deep[:, :6, :8], atol=1e-5)


def test_a_segmenter_of_it_keeps_the_contract_and_its_file_holds_the_network(tmp_path):
    model = build_model("segmenter", classes=3, backbone=classifier(), decoder="unet", temporal={"P3": "convgru"})
    clip = np.stack([IMAGES, IMAGES[::-1]], axis=1)
    whole = ops.convert_to_numpy(model.run(clip)[0])
    first, state = model.run(clip[:, 0])
    second, _ = model.run(clip[:, 1], state)
    parts = [ops.convert_to_numpy(logits) for logits in (first, second)]
    np.testing.assert_allclose(np.stack(parts, axis=1), whole, atol=1e-4 * max(1, np.abs(whole).max()))
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(again.run(clip)[0]), whole, rtol=1e-5, atol=1e-4)
    assert again.card.options["backbone"] == "mine (Functional)"


def test_a_dilated_one_has_no_coarser_level_than_asked_for():
    encoder = OwnNetwork(classifier(), output_stride=8)
    assert encoder.levels == ("P1", "P2", "P3")


def test_what_is_no_encoder_is_one_line():
    with pytest.raises(ModelError, match='give its convolutions and poolings padding="same"'):
        OwnNetwork(classifier("valid"))
    with pytest.raises(ModelError, match="a functional keras.Model of images, got Sequential"):
        OwnNetwork(keras.Sequential([keras.layers.Dense(3)]))
    with pytest.raises(ConfigError, match="unknown scaling 'half'"):
        OwnNetwork(classifier(), scaling="half")
    with pytest.raises(ConfigError, match="takes images of 3 channels, got 1"):
        build_model("segmenter", classes=3, backbone=classifier(), channels=1)

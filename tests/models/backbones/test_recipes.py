"""Every network that is cut open: its levels, its parameters, and what keras.applications' own gives."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError
from seqseg.models import build_model
from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.applications import Application
from seqseg.models.backbones.recipes import RECIPES

# Channels of the levels from the finest, and parameters up to the last: of keras.applications' `include_top=False`
# where that is the whole network and Keras has it; of the tutorial that ssnets follows for MobileNetV2; of torchvision
# and batch norms' statistics for ResNet18 (11,176,512 + 9,600) and Inception V1 (5,599,904 + 14,560);
# of the files in their packages, less head and classifier, for the EfficientNet-Lites.
KNOWN = {
    "convnextsmall": ((96, 192, 384, 768), 49_454_688),
    "convnexttiny": ((96, 192, 384, 768), 27_820_128),
    "densenet121": ((64, 256, 512, 1024, 1024), 7_037_504),
    "densenet169": ((64, 256, 512, 1280, 1664), 12_642_880),
    "densenet201": ((64, 256, 512, 1792, 1920), 18_321_984),
    "efficientnetb0": ((96, 144, 240, 672, 1280), 4_049_564),
    "efficientnetb1": ((96, 144, 240, 672, 1280), 6_575_232),
    "efficientnetb2": ((96, 144, 288, 720, 1408), 7_768_562),
    "efficientnetb3": ((144, 192, 288, 816, 1536), 10_783_528),
    "efficientnetlite0": ((16, 24, 40, 112, 320), 2_998_304),
    "efficientnetlite1": ((16, 24, 40, 112, 320), 3_774_624),
    "efficientnetlite2": ((16, 24, 48, 120, 352), 4_413_488),
    "efficientnetv2b0": ((16, 128, 192, 672, 1280), 5_919_312),
    "efficientnetv2s": ((24, 192, 256, 960, 1280), 20_331_360),
    "inceptionv1": ((64, 192, 480, 832, 1024), 5_614_464),
    "inceptionv3": ((64, 192, 288, 768, 2048), 21_802_784),
    "mobilenet": ((64, 128, 256, 512, 1024), 3_228_864),
    "mobilenetv2": ((96, 144, 192, 576, 320), 1_841_984),
    "mobilenetv3large": ((64, 72, 240, 672, 960), 2_996_352),
    "mobilenetv3small": ((16, 72, 96, 288, 576), 939_120),
    "resnet101": ((64, 256, 512, 1024, 2048), 42_658_176),
    "resnet152": ((64, 256, 512, 1024, 2048), 58_370_944),
    "resnet18": ((64, 64, 128, 256, 512), 11_186_112),
    "resnet50": ((64, 256, 512, 1024, 2048), 23_587_712),
    "vgg16": ((64, 128, 256, 512, 512, 512), 14_714_688),
    "vgg19": ((64, 128, 256, 512, 512, 512), 20_024_384),
    "xception": ((128, 256, 728, 1024, 2048), 20_861_480),
}
LIGHT = ("efficientnetlite0", "mobilenet", "mobilenetv2", "mobilenetv3small", "resnet18", "vgg16")
OF_KERAS = [name for name in RECIPES if RECIPES[name].reader == "keras"]
IMAGES = np.random.default_rng(0).integers(0, 256, (1, 45, 61, 3), "uint8")
# Networks whose own preprocessing is a function beside them; the others have it inside.
MODULES = {"mobilenetv2": "mobilenet_v2", "resnet101": "resnet", "resnet152": "resnet"}
MODULES |= {"densenet121": "densenet", "densenet169": "densenet", "densenet201": "densenet"}
MODULES |= {name: name for name in ("mobilenet", "resnet50", "vgg16", "vgg19")}


def each(names, light=LIGHT):
    return [name if name in light else pytest.param(name, marks=pytest.mark.slow) for name in sorted(names)]


def built(name, channels=3):
    encoder = BACKBONES[name]()
    encoder.build((None, None, None, channels))
    return encoder


def theirs(name, side=None):
    make = getattr(keras.applications, RECIPES[name].make)
    return make(include_top=False, weights=None, input_shape=(side, side, 3))


def test_every_network_is_known_here():
    assert set(KNOWN) == set(RECIPES)


@pytest.mark.parametrize("name", each(RECIPES))
def test_it_has_its_known_parameters_and_levels_halved_and_rounded_up(name):
    encoder = built(name)
    assert (tuple(encoder.channels.values()), encoder.count_params()) == KNOWN[name]
    for level, features in encoder(IMAGES).items():
        stride = 2 ** int(level[1:])
        assert tuple(features.shape[1:]) == (-(-45 // stride), -(-61 // stride), encoder.channels[level])


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_KERAS)
def test_it_has_the_parameters_of_kerass_network_without_top(name):
    """But for the end of MobileNetV2, after block_16_project, and the 7 numbers that EfficientNets scale with."""
    last = 4 * 320 + 320 * 1280 + 4 * 1280 if name == "mobilenetv2" else 0
    scaling = 7 if name.startswith("efficientnetb") else 0
    assert KNOWN[name][1] == theirs(name).count_params() - last - scaling


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("name", each(RECIPES))
def test_images_may_have_any_number_of_channels(name, channels):
    features = built(name, channels)(np.zeros((1, 33, 47, channels), "uint8"))
    assert tuple(features["P5"].shape) == (1, 2, 2, KNOWN[name][0][-1])


@pytest.mark.parametrize("name", each(set(OF_KERAS) - {"inceptionv3", "xception"}, ("mobilenet", "mobilenetv3small")))
def test_from_raw_images_it_gives_what_kerass_network_gives_with_its_own_preprocessing(name, tmp_path):
    """Those with other padding are in test_rebuilding.py. The file is in the format of those on Keras' server."""
    network, path = theirs(name), tmp_path / "own.h5"
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
            layer.set_weights([mean, deviation**2, np.array(0)])
            layer.finalize_state()
    network.save(path)
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 96, 3)).astype("float32")
    scaled = image.copy()
    if name in MODULES:
        scaled = getattr(keras.applications, MODULES[name]).preprocess_input(scaled)
    last = network.get_layer("block_16_project").output if name == "mobilenetv2" else network.output
    expected = keras.ops.convert_to_numpy(keras.Model(network.input, last)(scaled))
    features = keras.ops.convert_to_numpy(BACKBONES[name](weights=path)(image)["P5"])
    np.testing.assert_allclose(features, expected, atol=1e-4 * np.abs(expected).max())
    assert expected.std() > 0


@pytest.mark.parametrize("name", ["mobilenetv2", "vgg16", "densenet121", "xception", "inceptionv3"])
def test_images_are_scaled_as_keras_preprocesses_them(name):
    module = MODULES.get(name, {"inceptionv3": "inception_v3"}.get(name, name))
    expected = getattr(keras.applications, module).preprocess_input(IMAGES.astype("float32"))
    scaled = keras.ops.convert_to_numpy(Application(name)._scaled(keras.ops.convert_to_tensor(IMAGES)))
    np.testing.assert_allclose(scaled, expected, atol=1e-4)


@pytest.mark.parametrize("name", ["mobilenet", "resnet18"])
def test_features_stay_where_they_are_when_an_image_is_cut_to_an_odd_size(name):
    encoder, image = built(name), np.random.default_rng(1).integers(0, 256, (1, 96, 128, 3), "uint8")
    whole, cut = encoder(image), encoder(image[:, :77, :93])
    for level in ("P1", "P2", "P3"):  # deeper ones see all of the image from everywhere
        inside = slice(0, 32 // 2 ** int(level[1:]))
        expected = keras.ops.convert_to_numpy(whole[level][:, inside, inside])
        np.testing.assert_allclose(keras.ops.convert_to_numpy(cut[level][:, inside, inside]), expected, atol=1e-4)


def test_a_vgg_gives_its_poolings_when_asked_to():
    encoder = BACKBONES["vgg16"](taps="pools")
    shapes = {level: tuple(features.shape[1:]) for level, features in encoder(IMAGES).items()}
    assert shapes == {
        "P1": (23, 31, 64),
        "P2": (12, 16, 128),
        "P3": (6, 8, 256),
        "P4": (3, 4, 512),
        "P5": (2, 2, 512),
    }
    pool3 = encoder.taps.get_layer("block3_pool").output
    assert encoder.taps.output["P3"] is pool3


def test_taps_that_there_are_not_are_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match="taps of vgg16 must be last or pools, got 'first'"):
        BACKBONES["vgg16"](taps="first")
    with pytest.raises(ConfigError, match="'resnet50' has no option 'taps'"):
        build_model("segmenter", classes=2, backbone={"name": "resnet50", "taps": "pools"})


def test_an_unknown_network_gets_the_ones_there_are():
    with pytest.raises(ConfigError, match="mobilenetv2"):
        Application("mobilenetv9")

"""Encoders from keras.applications: their taps, their scaling, and the weights of others."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.applications import Application
from seqseg.models.backbones.recipes import RECIPES

# Channels of the levels and parameters up to the last tap: of keras.applications' `include_top=False` where that is the
# whole network (its documentation's tables), of the tutorial that ssnets follows for MobileNetV2.
KNOWN = {
    "densenet121": ((64, 256, 512, 1024, 1024), 7_037_504),
    "efficientnetv2b0": ((16, 128, 192, 672, 1280), 5_919_312),
    "mobilenet": ((64, 128, 256, 512, 1024), 3_228_864),
    "mobilenetv2": ((96, 144, 192, 576, 320), 1_841_984),
    "resnet50": ((64, 256, 512, 1024, 2048), 23_587_712),
    "vgg16": ((64, 128, 256, 512, 512, 512), 14_714_688),
}
IMAGES = np.random.default_rng(0).integers(0, 256, (1, 45, 61, 3), "uint8")


@pytest.mark.parametrize(
    "name", ["mobilenetv2", *(pytest.param(n, marks=pytest.mark.slow) for n in KNOWN if n != "mobilenetv2")]
)
def test_an_encoder_has_its_known_parameters_and_levels_halved_and_rounded_up(name):
    encoder = BACKBONES[name]()
    encoder.build((None, None, None, 3))
    assert (tuple(encoder.channels.values()), encoder.count_params()) == KNOWN[name]
    for level, features in encoder(IMAGES).items():
        stride = 2 ** int(level[1:])
        assert tuple(features.shape[1:]) == (-(-45 // stride), -(-61 // stride), encoder.channels[level])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_finds_its_layers(name):
    encoder = BACKBONES[name]()
    encoder.build((None, None, None, 3))
    assert tuple(encoder.channels) == encoder.levels


@pytest.mark.parametrize("name", ["mobilenetv2", "vgg16", "densenet121"])
def test_images_are_scaled_as_keras_preprocesses_them(name):
    module = {"mobilenetv2": "mobilenet_v2", "vgg16": "vgg16", "densenet121": "densenet"}[name]
    expected = getattr(keras.applications, module).preprocess_input(IMAGES.astype("float32"))
    scaled = keras.ops.convert_to_numpy(Application(name)._scaled(keras.ops.convert_to_tensor(IMAGES)))
    np.testing.assert_allclose(scaled, expected, atol=1e-4)


def test_mobilenetv2_unet_has_the_tutorials_parameters_but_for_the_last_convolution():
    """tensorflow.org/tutorials/images/segmentation: 6,504,227 with a 3 x 3 transposed convolution to 3 classes."""
    count = build_model("mobilenetv2_unet", classes=3).count_params()
    assert count == 6_504_227 - (3 * 3 * 160 * 3 + 3) + (160 * 3 + 3)


@pytest.mark.parametrize(
    ("name", "alpha", "file", "last"),
    [
        ("mobilenet", 0.25, "mobilenet_v1_0.25_224_imagenet_notop.weights.h5", "conv_pw_13_relu"),
        ("mobilenetv2", 1.0, "mobilenet_v2_1.0_224_imagenet_notop_dequantised.weights.h5", "block_16_project"),
    ],
)
def test_on_a_photograph_it_gives_what_kerass_own_network_gives(shared_data, name, alpha, file, last):
    path, photographs = shared_data / "weights" / file, sorted((shared_data / "voc" / "JPEGImages").glob("*.jpg"))
    if not path.is_file() or not photographs:
        pytest.skip("needs ImageNet's weights and VOC's photographs")
    image = keras.utils.img_to_array(keras.utils.load_img(photographs[0], target_size=(224, 224)))[None]
    make = {"mobilenet": keras.applications.MobileNet, "mobilenetv2": keras.applications.MobileNetV2}[name]
    own = make(include_top=False, weights=None, input_shape=(224, 224, 3), alpha=alpha)
    own.load_weights(path)
    expected = keras.Model(own.input, own.get_layer(last).output)(image / 127.5 - 1)
    encoder = Application(name, weights=path, alpha=alpha)
    features = keras.ops.convert_to_numpy(encoder(image)["P5"])
    np.testing.assert_allclose(features, keras.ops.convert_to_numpy(expected), atol=1e-4)
    assert features.std() > 0.1


def test_a_model_with_weights_loads_where_their_file_is_not(tmp_path):
    source = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(None, None, 3), alpha=0.1)
    path = tmp_path / "own.weights.h5"
    source.save_weights(path)
    backbone = {"name": "mobilenet", "alpha": 0.1, "weights": str(path)}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder={"name": "unet", "widths": (4, 4, 4, 4)})
    kernel = source.get_layer("conv_pw_5").kernel
    np.testing.assert_array_equal(model.backbone.taps.get_layer("conv_pw_5").kernel, kernel)
    expected = np.array(model(IMAGES))
    save_model(model, tmp_path / "model.keras")
    path.unlink()
    np.testing.assert_allclose(np.array(load_model(tmp_path / "model.keras")(IMAGES)), expected, atol=1e-5)


def test_imagenets_weights_that_are_not_there_name_the_file_and_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ModelError) as error:
        build_model("mobilenetv2_unet", classes=2, weights="imagenet")
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    assert str(tmp_path / "models" / file) in str(error.value)
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{file}" in str(error.value)


def test_a_weights_file_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="nowhere.h5"):
        build_model("mobilenetv2_unet", classes=2, weights="nowhere.h5")


def test_weights_of_another_width_name_a_layer_and_both_shapes(tmp_path):
    path = tmp_path / "wide.weights.h5"
    wide = keras.applications.MobileNet(include_top=False, weights=None, input_shape=(None, None, 3), alpha=0.25)
    wide.save_weights(path)
    backbone = {"name": "mobilenet", "alpha": 0.1, "weights": str(path)}
    with pytest.raises(
        ModelError, match=r"conv1.*\(3, 3, 3, 8\).*\(3, 3, 3, 3\)|conv1.*\(3, 3, 3, 3\).*\(3, 3, 3, 8\)"
    ):
        build_model("segmenter", classes=2, backbone=backbone)


def test_an_unknown_network_gets_the_ones_there_are():
    with pytest.raises(ConfigError, match="mobilenetv2"):
        Application("mobilenetv9")


def test_a_memory_on_such_an_encoder_keeps_the_law_at_an_odd_size():
    backbone = {"name": "mobilenet", "alpha": 0.1}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder="plain", temporal={"P4": "convgru"})
    clip = np.random.default_rng(0).integers(0, 256, (1, 3, 45, 61, 3), "uint8")
    whole, _ = model.run(clip)
    _, state = model.run(clip[:, :2])
    last, state = model.run(clip[:, 2:], state)
    assert tuple(state["P4/h"].shape[:3]) == (1, 3, 4)
    np.testing.assert_allclose(np.array(last), np.array(whole)[:, 2:], atol=1e-5)


def test_such_an_encoder_computes_in_half_precision_when_told_to():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model("segmenter", classes=2, backbone={"name": "mobilenet", "alpha": 0.1}, decoder="transposed")
    finally:
        keras.config.set_dtype_policy(before)
    features = model.backbone(IMAGES)["P3"]
    assert keras.backend.standardize_dtype(features.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(model(IMAGES).dtype) == "float32"

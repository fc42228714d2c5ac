"""Encoders from keras.applications inside models, and with ImageNet's own weights."""

import keras
import numpy as np
import pytest

from seqseg.models import build_model
from seqseg.models.backbones.applications import Application

IMAGES = np.random.default_rng(0).integers(0, 256, (1, 45, 61, 3), "uint8")
FILES = {
    "mobilenet": (0.25, "mobilenet_v1_0.25_224_imagenet_notop.weights.h5"),
    "mobilenetv2": (1.0, "mobilenet_v2_1.0_224_imagenet_notop_dequantised.weights.h5"),
}
# The layers of Keras' own networks that the levels P1 to P5 are.
LAYERS = {
    "mobilenet": [f"conv_pw_{k}_relu" for k in (1, 3, 5, 11, 13)],
    "mobilenetv2": [*(f"block_{k}_expand_relu" for k in (1, 3, 6, 13)), "block_16_project"],
}


def test_mobilenetv2_unet_has_the_tutorials_parameters_but_for_the_last_convolution():
    """tensorflow.org/tutorials/images/segmentation: 6,504,227 with a 3 x 3 transposed convolution to 3 classes."""
    count = build_model("mobilenetv2_unet", classes=3).count_params()
    assert count == 6_504_227 - (3 * 3 * 160 * 3 + 3) + (160 * 3 + 3)


@pytest.mark.parametrize("name", FILES)
def test_on_photographs_every_level_is_what_kerass_own_network_gives(shared_data, name):
    alpha, file = FILES[name]
    path, photographs = shared_data / "weights" / file, sorted((shared_data / "voc" / "JPEGImages").glob("*.jpg"))
    if not path.is_file() or not photographs:
        pytest.skip("needs ImageNet's weights and VOC's photographs")
    images = np.stack(
        [keras.utils.img_to_array(keras.utils.load_img(p, target_size=(224, 224))) for p in photographs[:3]]
    )
    make = {"mobilenet": keras.applications.MobileNet, "mobilenetv2": keras.applications.MobileNetV2}[name]
    own = make(include_top=False, weights=None, input_shape=(224, 224, 3), alpha=alpha)
    own.load_weights(path)
    module = {"mobilenet": "mobilenet", "mobilenetv2": "mobilenet_v2"}[name]
    prepared = getattr(keras.applications, module).preprocess_input(images.copy())
    expected = keras.Model(own.input, [own.get_layer(layer).output for layer in LAYERS[name]])(prepared)
    encoder = Application(name, weights=path, alpha=alpha)
    for (level, features), theirs in zip(encoder(images).items(), expected, strict=True):
        features = keras.ops.convert_to_numpy(features)
        np.testing.assert_allclose(features, keras.ops.convert_to_numpy(theirs), atol=1e-4, err_msg=level)
        assert features.std() > 0.1


def test_a_memory_on_such_an_encoder_keeps_the_contract_at_an_odd_size():
    backbone = {"name": "mobilenet", "alpha": 0.1}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder="plain", temporal={"P4": "convgru"})
    clip = np.random.default_rng(0).integers(0, 256, (1, 3, 45, 61, 3), "uint8")
    whole, _ = model.run(clip)
    _, state = model.run(clip[:, :2])
    last, state = model.run(clip[:, 2:], state)
    assert tuple(state["P4/h"].shape[:3]) == (1, 3, 4)
    np.testing.assert_allclose(np.array(last), np.array(whole)[:, 2:], atol=1e-5)


def test_such_an_encoder_computes_in_half_precision_on_request():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_model("segmenter", classes=2, backbone={"name": "mobilenet", "alpha": 0.1}, decoder="transposed")
    finally:
        keras.config.set_dtype_policy(before)
    features = model.backbone(IMAGES)["P3"]
    assert keras.backend.standardize_dtype(features.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(model(IMAGES).dtype) == "float32"

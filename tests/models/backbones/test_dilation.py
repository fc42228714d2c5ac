"""A dilated net, looked at on the grid of the original, gives what the original gives, at the borders too."""

import keras
import numpy as np
import pytest
from keras import applications, layers, ops

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.backbones.applications import Application
from seqseg.models.backbones.dilation import dilated

IMAGES = np.random.default_rng(0).normal(0, 3, (1, 64, 96, 3)).astype("float32")
BARE = {"include_top": False, "weights": None, "input_shape": (None, None, 3)}
NETWORKS = {
    "mobilenet": lambda: applications.MobileNet(alpha=0.25, **BARE),
    "mobilenetv2": lambda: applications.MobileNetV2(alpha=0.35, **BARE),
    "mobilenetv3": lambda: applications.MobileNetV3Small(alpha=0.75, include_preprocessing=False, **BARE),
}
HEAVY = {
    "convnext": lambda: applications.ConvNeXtTiny(include_preprocessing=False, **BARE),
    "densenet121": lambda: applications.DenseNet121(**BARE),
    "efficientnetb0": lambda: applications.EfficientNetB0(**BARE),
    "efficientnetv2b0": lambda: applications.EfficientNetV2B0(include_preprocessing=False, **BARE),
    "inceptionv3": lambda: applications.InceptionV3(**BARE),
    "resnet50": lambda: applications.ResNet50(**BARE),
    "vgg16": lambda: applications.VGG16(**BARE),
    "xception": lambda: applications.Xception(**BARE),
}


def with_random_values(network):
    """Kernels that keep what differs from place to place alive through all layers, and statistics of no pattern."""
    rng = np.random.default_rng(1)
    for variable in network.weights:
        name, shape = variable.path.rpartition("/")[2], tuple(variable.shape)
        if name in ("gamma", "moving_variance"):
            variable.assign(rng.uniform(0.5, 1.5, shape))
        elif len(shape) < 2:
            variable.assign(rng.uniform(-0.1, 0.1, shape))
        else:
            taps = np.prod(shape[:2] if shape[-1] == 1 else shape[:-1])
            variable.assign(rng.normal(0, np.sqrt(2 / taps), shape))
    return network


@pytest.mark.parametrize("output_stride", [16, 8])
@pytest.mark.parametrize("name", [*NETWORKS, *(pytest.param(name, marks=pytest.mark.slow) for name in HEAVY)])
def test_on_the_grid_of_the_original_it_is_the_original(name, output_stride):
    network = with_random_values((NETWORKS | HEAVY)[name]())
    images = np.random.default_rng(0).normal(0, 3, (1, 128, 160, 3)) if name == "inceptionv3" else IMAGES
    expected = ops.convert_to_numpy(network(images))
    maps = ops.convert_to_numpy(dilated(network, output_stride)(images))
    step = 32 // output_stride
    assert maps.shape[1:3] == (step * expected.shape[1], step * expected.shape[2])
    np.testing.assert_allclose(maps[:, ::step, ::step], expected, atol=1e-4 * max(1, np.abs(expected).max()))
    assert expected.std(axis=(1, 2)).mean() > 0.1 * np.abs(expected).mean()  # there is something to compare


def chain(*parts):
    image = keras.Input((None, None, 2))
    features = image
    for part in parts:
        features = part(features)
    return keras.Model(image, {"P5": features})


SHRINKING = [layers.AveragePooling2D(4), layers.AveragePooling2D(2)]  # to stride 8
ODD = {
    "a kernel of 5 shrinks with the same padding": [layers.Conv2D(3, 5, strides=2, padding="same")],
    "a kernel of 2 does without padding": [layers.Conv2D(3, 2, strides=2)],
    "a kernel of 4 does after it": [layers.Conv2D(3, 2, strides=2), layers.Conv2D(3, 4, padding="same")],
    "no padding leaves fewer points": [layers.Conv2D(3, 3, strides=2), layers.Conv2D(3, 3)],
    "a shortcut of one pixel shrinks": [layers.Conv2D(3, 1, strides=2), layers.DepthwiseConv2D(3, padding="same")],
    "zeros are put around a pooling": [layers.ZeroPadding2D(1), layers.MaxPooling2D(3, 2)],
    "zeros are put on one side": [layers.ZeroPadding2D(((0, 1), (0, 1))), layers.DepthwiseConv2D(3, 2)],
    "borders are cut off": [layers.MaxPooling2D(3, 2, padding="same"), layers.Cropping2D(((1, 0), (0, 1)))],
    "poolings follow each other": [layers.MaxPooling2D(3, 2, padding="same"), layers.AveragePooling2D(2, 2)],
    "averages are taken at the border": [layers.MaxPooling2D(2), layers.AveragePooling2D(3, 1, padding="same")],
    "kernels are long and thin": [layers.SeparableConv2D(3, 3, 2, padding="same"), layers.Conv2D(3, (1, 5))],
    "a kernel is dilated already": [layers.MaxPooling2D(2), layers.Conv2D(3, 3, dilation_rate=2, padding="same")],
}


@pytest.mark.parametrize("name", ODD)
def test_it_is_exact_when(name):
    network = chain(*(type(part).from_config(part.get_config()) for part in [*SHRINKING, *ODD[name]]))
    images = np.random.default_rng(0).normal(size=(2, 128, 96, 2)).astype("float32")
    expected = ops.convert_to_numpy(network(images)["P5"])
    maps = ops.convert_to_numpy(dilated(network, 8)(images)["P5"])
    step = {1: 2, 2: 4}[sum(getattr(part, "strides", 1) in ((2, 2), 2) for part in ODD[name])]
    assert maps.shape[1:3] == (step * expected.shape[1], step * expected.shape[2])
    np.testing.assert_allclose(maps[:, ::step, ::step], expected, atol=1e-5)


def test_squeezing_looks_at_the_grid_of_the_original():
    network = chain(*SHRINKING, layers.Conv2D(3, 2, 2), layers.GlobalAveragePooling2D(keepdims=True))
    images = np.random.default_rng(0).normal(size=(2, 32, 64, 2)).astype("float32")
    maps = ops.convert_to_numpy(dilated(network, 8)(images)["P5"])
    np.testing.assert_allclose(maps, ops.convert_to_numpy(network(images)["P5"]), atol=1e-6)


def test_a_dilated_net_survives_its_file(tmp_path):
    network = dilated(NETWORKS["mobilenetv3"](), 16)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(ops.convert_to_numpy(again(IMAGES)), ops.convert_to_numpy(network(IMAGES)), atol=1e-6)


def test_at_the_stride_it_has_nothing_changes():
    network = NETWORKS["mobilenet"]()
    copy = dilated(network, 32)
    assert [layer.name for layer in copy.layers[1:]] == [layer.name for layer in network.layers[1:]]
    np.testing.assert_array_equal(ops.convert_to_numpy(copy(IMAGES)), ops.convert_to_numpy(network(IMAGES)))


@pytest.mark.parametrize("output_stride", [16, 8])
def test_a_dilated_encoder_has_fewer_levels_and_the_last_is_the_old_last(output_stride, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (1, 45, 83, 3), "uint8")
    encoder, dense = (
        Application("mobilenet", alpha=0.1),
        Application("mobilenet", alpha=0.1, output_stride=output_stride),
    )
    expected = encoder(images)
    dense(images)
    for mine, other in zip(dense.variables, encoder.variables, strict=True):
        mine.assign(other.value)
    last = {16: "P4", 8: "P3"}[output_stride]
    step = 32 // output_stride
    assert dense.levels == ("P1", "P2", "P3", "P4")[: int(last[1:])]
    maps = dense(images)
    assert tuple(maps[last].shape) == (1, -(-45 // output_stride), -(-83 // output_stride), encoder.channels["P5"])
    sampled = ops.convert_to_numpy(maps[last])[:, ::step, ::step]
    np.testing.assert_allclose(sampled, ops.convert_to_numpy(expected["P5"]), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(maps["P2"]), ops.convert_to_numpy(expected["P2"]), atol=1e-5)


def test_a_memory_is_at_the_last_level_of_a_dilated_encoder(tmp_path):
    backbone = {"name": "mobilenet", "alpha": 0.1, "output_stride": 16}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder="plain", temporal="convgru")
    assert list(model.initial_state_shapes(1, 45, 83).items()) == [("P4/h", (1, 3, 6, 51))]
    save_model(model, tmp_path / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (1, 45, 83, 3), "uint8")
    expected = ops.convert_to_numpy(model(images))
    again = ops.convert_to_numpy(load_model(tmp_path / "model.keras")(images))
    np.testing.assert_allclose(again, expected, atol=1e-5)


def test_another_stride_is_refused():
    with pytest.raises(ConfigError, match="one of 8, 16, 32, got 4"):
        dilated(chain(layers.MaxPooling2D(2)), 4)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([*SHRINKING, layers.MaxPooling2D(2), layers.Conv2DTranspose(2, 2, name="up")], "up is a Conv2DTranspose"),
        ([layers.MaxPooling2D(4), layers.MaxPooling2D(4, name="leap")], "leap goes from stride 4 to 16 at once.*16"),
        ([layers.MaxPooling2D((2, 4), name="wide")], "wide treats height and width differently"),
    ],
)
def test_what_cannot_be_dilated_is_named(parts, message):
    with pytest.raises(ModelError, match=message):
        dilated(chain(*parts), 8)

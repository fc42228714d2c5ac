"""Files of weights: where they must be, and the messages when they are missing or do not fit."""

import keras
import numpy as np
import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models import build_model, load_model, save_model
from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.recipes import RECIPES

SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"
IMAGES = np.random.default_rng(0).integers(0, 256, (1, 45, 61, 3), "uint8")
EVERY_FILE = [
    (name, alpha) for name in RECIPES if RECIPES[name].reader == "keras" for alpha in RECIPES[name].alphas or (None,)
]
LIGHT = [("mobilenet", 0.25), ("mobilenetv2", 0.35), ("mobilenetv3small", 0.75)]


class Fetched(Exception):
    """Keras tried to download a file."""


def saved(path, *, alpha=0.1, **options):
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(None, None, 3), alpha=alpha, **options
    )
    network.save(path) if path.name.endswith("own.h5") else network.save_weights(path)
    return network


def load(path, name="mobilenet", channels=3, **options):
    BACKBONES[name](weights=path, **options).build((None, None, None, channels))


@pytest.mark.parametrize(
    ("name", "alpha"), [pytest.param(*c, marks=[] if c in LIGHT else pytest.mark.slow) for c in EVERY_FILE]
)
def test_imagenets_weights_that_are_not_there_name_the_file_that_keras_would_fetch_and_its_place(
    monkeypatch, tmp_path, name, alpha
):
    def fetch(file, origin, **_):
        raise Fetched(file, origin)

    options = {} if alpha is None else {"alpha": alpha}
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fetch)
    with pytest.raises(Fetched) as fetched:
        make = getattr(keras.applications, RECIPES[name].make)
        make(include_top=False, weights="imagenet", input_shape=(224, 224, 3), **options)
    file, address = fetched.value.args
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ModelError) as error:
        BACKBONES[name](weights="imagenet", **options)
    assert str(error.value).endswith(f"are not at {tmp_path / 'models' / file}; put there {address}")


def test_imagenets_weights_that_are_there_are_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    source = saved(tmp_path / "own.h5", alpha=0.25)
    (tmp_path / "own.h5").rename(tmp_path / "models" / "mobilenet_2_5_224_tf_no_top.h5")
    encoder = BACKBONES["mobilenet"](weights="imagenet", alpha=0.25)
    encoder.build((None, None, None, 3))
    for name in ("conv1", "conv_pw_13"):
        np.testing.assert_array_equal(encoder.taps.get_layer(name).kernel, source.get_layer(name).kernel)


def test_imagenets_weights_of_a_width_that_was_never_trained_are_refused():
    with pytest.raises(ConfigError, match=r"MobileNet come with alpha 0\.25, 0\.5, 0\.75, 1\.0, got 0\.1"):
        BACKBONES["mobilenet"](weights="imagenet", alpha=0.1)


def test_a_preset_says_so_too(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ModelError) as error:
        build_model("mobilenetv2_unet", classes=2, weights="imagenet")
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    assert f"{SERVER}mobilenet_v2/{file}" in str(error.value)


def test_a_weights_file_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="nowhere.h5"):
        build_model("mobilenetv2_unet", classes=2, weights="nowhere.h5")


@pytest.mark.parametrize("file", ["new.weights.h5", "own.h5"])
def test_weights_of_another_width_name_a_layer_and_both_shapes(tmp_path, file):
    saved(tmp_path / file, alpha=0.25)
    shapes = r"conv1 has shape \(3, 3, 3, 3\), the file's (conv1 has|is) \(3, 3, 3, 8\)$"
    with pytest.raises(ModelError, match=rf"{file} does not hold the weights of mobilenet: {shapes}"):
        load(tmp_path / file, alpha=0.1)


@pytest.mark.parametrize("file", ["new.weights.h5", "own.h5"])
def test_weights_of_another_network_name_a_layer_and_both_shapes(tmp_path, file):
    saved(tmp_path / file)
    with pytest.raises(ModelError, match=r"Conv1 has shape \(3, 3, 3, 16\), the file's .*\(3, 3, 3, 3\)$"):
        load(tmp_path / file, "mobilenetv2", alpha=0.35)


def test_weights_for_grey_images_are_taken_as_they_are_and_those_for_colours_added_up(tmp_path):
    grey = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.1, input_shape=(None, None, 1))
    grey.save_weights(tmp_path / "grey.weights.h5")
    colour = saved(tmp_path / "colour.weights.h5", alpha=0.1)
    for file, expected in (("grey", grey), ("colour", colour)):
        encoder = BACKBONES["mobilenet"](weights=tmp_path / f"{file}.weights.h5", alpha=0.1)
        encoder.build((None, None, None, 1))
        kernel = np.sum(expected.get_layer("conv1").kernel, axis=2, keepdims=True)
        np.testing.assert_allclose(encoder.taps.get_layer("conv1").kernel, kernel, atol=1e-6)


def test_a_file_with_a_head_in_the_old_format_is_distinguished_from_one_without(tmp_path):
    keras.applications.MobileNet(weights=None, alpha=0.1, classes=7).save(tmp_path / "own.h5")
    with pytest.raises(ModelError, match=r"the file goes on with conv_preds, which has \(1, 1, 102, 7\) and \(7,\)$"):
        load(tmp_path / "own.h5", alpha=0.1)


def test_a_head_in_a_file_of_the_new_format_is_left_out(tmp_path):
    keras.applications.MobileNet(weights=None, alpha=0.1, classes=7).save_weights(tmp_path / "new.weights.h5")
    load(tmp_path / "new.weights.h5", alpha=0.1)


def test_a_file_that_is_no_weights_file_is_named(tmp_path):
    (tmp_path / "text.h5").write_text("not weights")
    with pytest.raises(ModelError, match=r"text\.h5 does not hold the weights of mobilenet"):
        load(tmp_path / "text.h5")


@pytest.mark.slow
def test_efficientnets_weights_for_images_scaled_otherwise_are_refused(tmp_path):
    path = tmp_path / "own.weights.h5"
    keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(None, None, 3)).save_weights(path)
    with pytest.raises(ModelError, match=r"for images of mean \[0\. 0\. 0\.\] and variance \[1\. 1\. 1\.\]"):
        load(path, "efficientnetb0")


def test_a_model_with_weights_loads_where_their_file_is_not(tmp_path):
    path = tmp_path / "own.weights.h5"
    source = saved(path)
    backbone = {"name": "mobilenet", "alpha": 0.1, "weights": str(path)}
    model = build_model("segmenter", classes=2, backbone=backbone, decoder={"name": "unet", "widths": (4, 4, 4, 4)})
    kernel = source.get_layer("conv_pw_5").kernel
    np.testing.assert_array_equal(model.backbone.taps.get_layer("conv_pw_5").kernel, kernel)
    expected = np.array(model(IMAGES))
    save_model(model, tmp_path / "model.keras")
    path.unlink()
    np.testing.assert_allclose(np.array(load_model(tmp_path / "model.keras")(IMAGES)), expected, atol=1e-5)

"""Encoders that know colours, for images of other channels."""

import keras
import numpy as np
import pytest

from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.scaling import SCALINGS, scaled

IMAGES = np.random.default_rng(0).integers(0, 256, (1, 40, 50, 3), "uint8")


@pytest.fixture(scope="module", params=["mobilenet", "resnet18"])
def colour(request, tmp_path_factory):
    """An encoder of three channels, and the file of its weights."""
    name = request.param
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("weights") / "colour.weights.h5"
    if name == "mobilenet":
        keras.applications.MobileNet(
            include_top=False, weights=None, alpha=0.25, input_shape=(None, None, 3)
        ).save_weights(path)
    else:
        from seqseg.models.backbones.resnet import resnet18

        resnet18(3).save_weights(path)
    options = {"weights": path} | ({"alpha": 0.25} if name == "mobilenet" else {})
    return lambda: BACKBONES[name](**options)


def features(encoder, images):
    return {level: keras.ops.convert_to_numpy(features) for level, features in encoder(images).items()}


@pytest.mark.parametrize("copies", [2, 3])
def test_the_same_image_stacked_gives_what_it_gives_alone(colour, copies):
    alone, stacked = features(colour(), IMAGES), features(colour(), np.concatenate([IMAGES] * copies, axis=-1))
    for level in alone:
        np.testing.assert_allclose(stacked[level], alone[level], rtol=1e-3, atol=1e-4)


def test_another_second_image_gives_something_else(colour):
    encoder = colour()
    same, other = (features(encoder, np.concatenate([IMAGES, second], axis=-1)) for second in (IMAGES, 255 - IMAGES))
    assert np.abs(same["P2"] - other["P2"]).max() > 1e-3


@pytest.mark.parametrize("name", sorted(SCALINGS))
def test_each_stacked_image_is_scaled_as_one(name):
    both = keras.ops.convert_to_numpy(scaled(np.concatenate([IMAGES, IMAGES[:, ::-1]], axis=-1), SCALINGS[name]))
    one, two = (keras.ops.convert_to_numpy(scaled(images, SCALINGS[name])) for images in (IMAGES, IMAGES[:, ::-1]))
    np.testing.assert_allclose(both, np.concatenate([one, two], axis=-1), atol=1e-6)


def test_a_grey_channel_gives_what_a_grey_picture_gives():
    grey = np.repeat(IMAGES[..., :1], 3, axis=-1)
    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(None, None, 3))
    from seqseg.models.backbones.weights import for_other_channels

    single = keras.applications.MobileNet(include_top=False, weights=None, alpha=0.25, input_shape=(None, None, 1))
    single.set_weights(for_other_channels(network.get_weights(), single.get_weights(), 1))
    image = grey[:, :32, :32].astype("float32") / 127.5 - 1
    np.testing.assert_allclose(single.predict(image[..., :1], verbose=0), network.predict(image, verbose=0), atol=1e-4)

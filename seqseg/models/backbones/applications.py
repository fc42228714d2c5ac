"""Encoders that keras.applications supplies, cut open at strides 2 to 32."""

import dataclasses
import os
import warnings
from pathlib import Path

import keras
import numpy as np
from keras import ops

from seqseg.errors import ConfigError, ModelError

STRIDE = 32
_SERVER = "https://storage.googleapis.com/tensorflow/keras-applications/"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What there is to know about one network of keras.applications.

    Attributes:
        make: its function's name.
        scaling: "unit" (-1 to 1), "caffe" (BGR less ImageNet's mean) or "torch" (ImageNet's mean 0 and deviation 1).
        taps: level -> the layer whose output it is, from the finest to the coarsest.
        file: of the ImageNet weights on Keras' server.
    """

    make: str
    scaling: str
    taps: dict
    file: str


def _levels(*layers, first=1):
    return {f"P{k}": layer for k, layer in enumerate(layers, first)}


def _resnet(make, *blocks):
    taps = _levels("conv1_relu", *(f"conv{k}_block{last}_out" for k, last in enumerate(blocks, 2)))
    return Recipe(make, "caffe", taps, f"resnet/{make.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5")


def _vgg(make, last):
    taps = _levels("block1_conv2", "block2_conv2", *(f"block{k}_conv{last}" for k in (3, 4, 5)), "block5_pool", first=0)
    return Recipe(make, "caffe", taps, f"{make.lower()}/{make.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5")


def _densenet(make, last):
    blocks = (f"conv{k}_block{units}_concat" for k, units in zip((2, 3, 4), (6, 12, last), strict=True))
    file = f"densenet/{make.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return Recipe(make, "torch", _levels("conv1_relu", *blocks, "relu"), file)


_MOBILENET_TAPS = _levels(*(f"conv_pw_{k}_relu" for k in (1, 3, 5, 11, 13)))
_MOBILENETV2_TAPS = _levels(*(f"block_{k}_expand_relu" for k in (1, 3, 6, 13)), "block_16_project")
_EFFICIENTNETV2_TAPS = _levels(
    "block1a_project_activation",
    "block2b_expand_activation",
    "block4a_expand_activation",
    "block6a_expand_activation",
    "top_activation",
)

RECIPES = {
    "mobilenet": Recipe("MobileNet", "unit", _MOBILENET_TAPS, "mobilenet/mobilenet_{percent}_224_tf_no_top.h5"),
    "mobilenetv2": Recipe(
        "MobileNetV2",
        "unit",
        _MOBILENETV2_TAPS,
        "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_224_no_top.h5",
    ),
    "resnet50": _resnet("ResNet50", 3, 4, 6, 3),
    "resnet101": _resnet("ResNet101", 3, 4, 23, 3),
    "resnet152": _resnet("ResNet152", 3, 8, 36, 3),
    "vgg16": _vgg("VGG16", 3),
    "vgg19": _vgg("VGG19", 4),
    "densenet121": _densenet("DenseNet121", 24),
    "densenet169": _densenet("DenseNet169", 32),
    "densenet201": _densenet("DenseNet201", 48),
    "efficientnetv2b0": Recipe(
        "EfficientNetV2B0", "torch", _EFFICIENTNETV2_TAPS, "efficientnet_v2/efficientnetv2-b0_notop.h5"
    ),
}
"""Every network by the name it is built by."""


@keras.saving.register_keras_serializable("seqseg")
class Application(keras.layers.Layer):
    """A network of keras.applications: images (n, h, w, c) of 0–255 -> {"P1": …, …, "P5": …}.

    Images are scaled as the network was trained, then filled up at the lower and right edge with zeros to a multiple of
    32, and the levels cut back: so any size gives levels that are halved and rounded up.

    Args:
        network: a key of `RECIPES`.
        weights: None for random ones, the path of a weights file without top, or "imagenet" for Keras' file where Keras
            keeps it. Nothing is ever fetched.
        alpha: width of the MobileNets; None for the others.

    Raises:
        ModelError: the weights are not there, or do not fit.
    """

    def __init__(self, network, *, weights=None, alpha=None, **kwargs):
        super().__init__(**kwargs)
        if network not in RECIPES:
            raise ConfigError(f"unknown network {network!r}; there are: {', '.join(RECIPES)}")
        self.network = network
        self.weights_from = None if weights is None else _weights_file(RECIPES[network], network, weights, alpha)
        self.alpha = alpha
        self.levels = tuple(RECIPES[network].taps)
        self.channels = None
        self.scale, self.offset = _SCALINGS[RECIPES[network].scaling]
        self.taps = None

    def build(self, images_shape):
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.dtype_policy)
        try:
            self.taps = self._cut_open(images_shape[-1])
        finally:
            keras.config.set_dtype_policy(before)
        self.channels = {level: self.taps.output[level].shape[-1] for level in self.levels}

    def call(self, images, training=None):
        _, height, width, _ = ops.shape(images)
        pyramid = self.taps(_fill_up(self._scaled(images)), training=training)
        return {level: _cut(pyramid[level], level, height, width) for level in self.levels}

    def get_config(self):
        # The values travel in the model's own file; the one they came from need not be there any more.
        return super().get_config() | {"network": self.network, "weights": None, "alpha": self.alpha}

    def _cut_open(self, channels):
        recipe = RECIPES[self.network]
        options = {} if self.alpha is None else {"alpha": self.alpha}
        if self.network.startswith("efficientnet"):
            options["include_preprocessing"] = False
        make = getattr(keras.applications, recipe.make)
        with warnings.catch_warnings():  # of channels other than 1 and 3, which were asked for
            warnings.filterwarnings("ignore", message="This model usually expects")
            whole = make(include_top=False, weights=None, input_shape=(None, None, channels), **options)
        if self.weights_from is not None:
            _load(whole, self.weights_from, self.network)
        taps = {level: whole.get_layer(layer).output for level, layer in recipe.taps.items()}
        return keras.Model(whole.input, taps, name=self.network)

    def _scaled(self, images):
        scale, offset = np.array(self.scale, "float32"), np.array(self.offset, "float32")
        if images.shape[-1] != 3:  # whatever they are, they are not red, green and blue
            scale, offset = scale.mean(), offset.mean()
        images = ops.cast(images, "float32") * scale + offset
        if RECIPES[self.network].scaling == "caffe" and images.shape[-1] == 3:
            images = ops.flip(images, axis=-1)
        return ops.cast(images, self.compute_dtype)


def application(name):
    """A function that makes the encoder `name`, with the options that it takes."""

    def make(*, weights=None):
        return Application(name, weights=weights)

    def make_of_width(*, weights=None, alpha=1.0):
        return Application(name, weights=weights, alpha=alpha)

    return make_of_width if name.startswith("mobilenet") else make


_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
_SCALINGS = {
    "unit": (1 / 127.5, -1.0),
    "caffe": (1.0, (-123.68, -116.779, -103.939)),
    "torch": (tuple((1 / 255 / _DEVIATION).tolist()), tuple((-_MEAN / _DEVIATION).tolist())),
}


def _weights_file(recipe, name, weights, alpha):
    """The path of the weights, which must be there."""
    if weights != "imagenet":
        if not Path(weights).is_file():
            raise ModelError(f"no weights of {name} at {weights}; give the path of a .weights.h5 or .h5 file, or none")
        return Path(weights)
    percent = f"{alpha:.2f}".replace(".", "_").rstrip("0") if alpha not in (None, 1, 1.0) else "1_0"
    percent = {"0_75": "7_5", "0_5": "5_0", "0_25": "2_5"}.get(percent, percent)
    file = recipe.file.format(alpha=float(alpha or 1), percent=percent)
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    path = home / Path(file).name
    if not path.is_file():
        raise ModelError(f"ImageNet's weights of {name} are not at {path}; put there {_SERVER}{file}")
    return path


def _load(network, path, name):
    try:
        with warnings.catch_warnings():
            # Of lists of layers that files of other Keras versions lack; the layers themselves are read, or an error.
            warnings.filterwarnings("ignore", message="Skipping nested container")
            network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{path} does not hold the weights of {name}: {reason}") from error


def _fill_up(images):
    """Zeros below and to the right, up to a multiple of 32."""
    batch, height, width, channels = ops.shape(images)
    below, right = -height % STRIDE, -width % STRIDE
    if not isinstance(below, int) or below:
        images = ops.concatenate([images, ops.zeros((batch, below, width, channels), images.dtype)], axis=1)
    if not isinstance(right, int) or right:
        images = ops.concatenate([images, ops.zeros((batch, height + below, right, channels), images.dtype)], axis=2)
    return images


def _cut(features, level, height, width):
    stride = 2 ** int(level[1:])
    return features[:, : -(-height // stride), : -(-width // stride)]

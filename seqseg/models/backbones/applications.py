"""Encoders that are whole networks, of keras.applications or built here, cut open at strides 2 to 32."""

import inspect
import warnings

import keras
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.models.backbones.dilation import dilated, levels_within
from seqseg.models.backbones.freezing import freeze_up_to, with_frozen_norms
from seqseg.models.backbones.recipes import RECIPES, paper_of
from seqseg.models.backbones.scaling import SCALINGS, scaled
from seqseg.models.backbones.weights import for_other_channels, load_weights, weights_file

STRIDE = 32


@keras.saving.register_keras_serializable("seqseg")
class Application(keras.layers.Layer):
    """A classifier's features: images (n, h, w, c) of 0–255 -> {"P1": …, …, "P5": …}.

    A level is the last map before the next stride, or one that is as wide inside the block that strides; `RECIPES` says
    which for each network. VGGs have "P0" too, ConvNeXts have no "P1".

    Images are scaled as the network was trained, then filled up at the lower and right edge with zeros to a multiple of
    32, and the levels cut back: so any size gives levels that are halved and rounded up. Inception V3 and Xception,
    which lose borders, are rebuilt with "same" padding; their weights are as they were.

    Args:
        network: a key of `RECIPES`.
        weights: None for random ones, the path of a weights file without top, or "imagenet" for those of an installed
            package (the EfficientNet-Lites) or of the file where Keras or torch keeps it. Nothing is downloaded. They
            also work for other than three channels, such as several images stacked: see `for_other_channels`.
        alpha: width of the MobileNets; None for the others.
        taps: "last", or "pools" for the first map of each level, which VGGs have at their poolings, as FCN takes them.
        output_stride: 32, or 16 or 8 for dilated convolutions (see `dilated`) and a last map of that stride, which is
            then "P4" or "P3" in the place of the one that was.
        freeze: a level; everything up to it is frozen. "all" freezes the whole encoder.
        frozen_norm: batch norms keep the statistics of `weights`, see `FrozenBatchNormalization`.

    Raises:
        ModelError: the weights are not there, or do not fit.
    """

    def __init__(
        self,
        network,
        *,
        weights=None,
        alpha=None,
        taps="last",
        output_stride=32,
        freeze=None,
        frozen_norm=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if network not in RECIPES:
            raise ConfigError(f"unknown network {network!r}; there are: {', '.join(RECIPES)}")
        self.network = network
        self.recipe = RECIPES[network]
        self.weights_from = None if weights is None else self._weights_file(weights, alpha)
        self.alpha = alpha
        self.taps_at = taps
        self.output_stride = output_stride
        self.freeze = freeze
        self.frozen_norm = frozen_norm
        self.levels = tuple(self._places())
        self.channels = None
        scaling = SCALINGS[self.recipe.scaling]
        self.scale, self.offset = scaling.scale, scaling.offset
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
        pyramid = self.taps(fill_up(self._scaled(images)), training=training)
        return {level: cut_back(pyramid[level], level, height, width) for level in self.levels}

    def get_config(self):
        # The values travel in the model's own file; the one they came from need not be there any more.
        return super().get_config() | {
            "network": self.network,
            "weights": None,
            "alpha": self.alpha,
            "taps": self.taps_at,
            "output_stride": self.output_stride,
            "freeze": self.freeze,
            "frozen_norm": self.frozen_norm,
        }

    def _cut_open(self, channels):
        """The network as a functional model, images -> dict of levels."""
        network = self._with_weights(channels)
        taps = {level: _output_at(network, place) for level, place in self._places().items()}
        encoder = keras.Model(network.input, taps, name=self.network)
        if self.output_stride != STRIDE:
            encoder = dilated(encoder, self.output_stride)
        if self.frozen_norm:
            encoder = with_frozen_norms(encoder)
        freeze_up_to(encoder, self.freeze)
        return encoder

    def _with_weights(self, channels):
        """The whole network for images of so many channels: with weights made for them, or else for colours."""
        network = _whole(self.recipe, channels, self.alpha)
        if self.weights_from is None:
            return self._rebuilt(network)
        try:
            return self._filled(network)
        except ModelError:
            if channels == 3:
                raise
        colours = self._filled(_whole(self.recipe, 3, self.alpha))
        network = self._rebuilt(_whole(self.recipe, channels, self.alpha))
        network.set_weights(for_other_channels(colours.get_weights(), network.get_weights(), channels))
        return network

    def _filled(self, network):
        load_weights(network, self.weights_from, self.network, reader=self.recipe.reader)
        return self._rebuilt(network)

    def _rebuilt(self, network):
        return network if self.recipe.rebuild is None else self.recipe.rebuild(network)

    def _weights_file(self, weights, alpha):
        address = self.recipe.address_for(alpha) if weights == "imagenet" else ""
        recipe = self.recipe
        return weights_file(weights, self.network, address, reader=recipe.reader, package=recipe.package)

    def _places(self):
        choices = {"last": self.recipe.taps} | ({"pools": self.recipe.pools} if self.recipe.pools else {})
        if self.taps_at not in choices:
            raise ConfigError(f"taps of {self.network} must be {' or '.join(choices)}, got {self.taps_at!r}")
        return levels_within(choices[self.taps_at], self.output_stride)

    def _scaled(self, images):
        return ops.cast(scaled(images, SCALINGS[self.recipe.scaling]), self.compute_dtype)


_ARGS = "Args:\n    weights:" + inspect.getdoc(Application).partition("    weights:")[2].partition("\n\nRaises:")[0]


def application(name):
    """A function that makes the encoder `name`, with the options that it takes."""

    def make(*, weights=None, output_stride=32, freeze=None, frozen_norm=False):
        return Application(name, weights=weights, output_stride=output_stride, freeze=freeze, frozen_norm=frozen_norm)

    def make_of_width(*, alpha=1.0, weights=None, output_stride=32, freeze=None, frozen_norm=False):
        options = {"output_stride": output_stride, "freeze": freeze, "frozen_norm": frozen_norm}
        return Application(name, weights=weights, alpha=alpha, **options)

    def make_of_pools(*, taps="last", weights=None, output_stride=32, freeze=None, frozen_norm=False):
        options = {"output_stride": output_stride, "freeze": freeze, "frozen_norm": frozen_norm}
        return Application(name, weights=weights, taps=taps, **options)

    chosen = make_of_width if RECIPES[name].alphas else make_of_pools if RECIPES[name].pools else make
    levels = ", ".join(RECIPES[name].taps)
    chosen.__doc__ = f"{paper_of(name)}: images (n, h, w, c) of 0–255 -> {levels}.\n\n{_ARGS}"
    return chosen


def _whole(recipe, channels, alpha):
    """The network without top and with random weights, images (n, h, w, channels) scaled already."""
    if callable(recipe.make):
        return recipe.make(channels)
    options = recipe.options if alpha is None else recipe.options | {"alpha": alpha}
    make = getattr(keras.applications, recipe.make)
    with warnings.catch_warnings():  # of channels other than 1 and 3, which were asked for
        warnings.filterwarnings("ignore", message="This model usually expects")
        return make(include_top=False, weights=None, input_shape=(None, None, channels), **options)


def _output_at(network, place):
    """The tensor at a place of `Recipe.taps`."""
    if place == "end":
        return network.output
    if not place.startswith("before "):
        return network.get_layer(place).output
    # Operations stand in the order in which they are done; where levels end there is but one way through.
    names = [operation.name for operation in network.operations]
    return network.operations[names.index(place.removeprefix("before ")) - 1].output


def fill_up(images):
    """Zeros below and to the right, up to a multiple of 32."""
    batch, height, width, channels = ops.shape(images)
    below, right = -height % STRIDE, -width % STRIDE
    if not isinstance(below, int) or below:
        images = ops.concatenate([images, ops.zeros((batch, below, width, channels), images.dtype)], axis=1)
    if not isinstance(right, int) or right:
        images = ops.concatenate([images, ops.zeros((batch, height + below, right, channels), images.dtype)], axis=2)
    return images


def cut_back(features, level, height, width):
    stride = 2 ** int(level[1:])
    return features[:, : -(-height // stride), : -(-width // stride)]

"""Any functional Keras model as an encoder: its levels are found by their strides."""

import keras
from keras import ops

from seqseg.errors import ConfigError, ModelError
from seqseg.models.backbones.applications import cut_back, fill_up
from seqseg.models.backbones.dilation import dilated, levels_within
from seqseg.models.backbones.freezing import freeze_up_to, with_frozen_norms
from seqseg.models.backbones.scaling import SCALINGS, scaled

SIDE = 256  # of the images on which strides are found
STRIDES = (2, 4, 8, 16, 32)


@keras.saving.register_keras_serializable("seqseg")
class OwnNetwork(keras.layers.Layer):
    """A Keras model's features: images (n, h, w, c) of 0–255 -> {"P1": …, "P2": …} of strides 2, 4, …

    A level is the last map of its stride, so that a classifier may keep its top. Strides that the network lacks are
    left out; it must halve its maps with "same" padding, so that every level is halved and rounded up.

    Args:
        network: a functional model of images; its weights go along.
        scaling: what its images are: "as they are", 0–255; "unit", -1 to 1; "torch" or "caffe", see `SCALINGS`.
        output_stride: 32, or 16 or 8 for dilated convolutions in the place of the strides beyond.
        freeze: a level; everything up to it is frozen. "all" freezes the whole encoder.
        frozen_norm: batch norms keep their statistics.

    Raises:
        ConfigError: an unknown scaling or output stride.
        ModelError: no functional model, or one whose maps are not halved and rounded up.

    Example:
        >>> images = keras.Input((None, None, 3))
        >>> maps = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(images)
        >>> maps = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(maps)
        >>> OwnNetwork(keras.Model(images, maps)).channels
        {'P1': 8, 'P2': 16}
    """

    def __init__(self, network, *, scaling="as they are", output_stride=32, freeze=None, frozen_norm=False, **kwargs):
        super().__init__(**kwargs)
        if scaling != "as they are" and scaling not in SCALINGS:
            raise ConfigError(f"unknown scaling {scaling!r}; there are: as they are, {', '.join(SCALINGS)}")
        if not isinstance(network, keras.Model) or not network.built or not hasattr(network, "operations"):
            raise ModelError(f"an encoder is a functional keras.Model of images, got {type(network).__name__}")
        self.scaling, self.output_stride, self.freeze, self.frozen_norm = scaling, output_stride, freeze, frozen_norm
        self._place = SCALINGS.get(scaling)
        self.scale, self.offset = (1.0, 0.0) if self._place is None else (self._place.scale, self._place.offset)
        self.taps = _cut_open(network)
        if output_stride < 2 ** int(list(self.taps.output)[-1][1:]):
            self.taps = _renamed(dilated(self.taps, output_stride), output_stride)
        if frozen_norm:
            self.taps = with_frozen_norms(self.taps)
        freeze_up_to(self.taps, freeze)
        self.levels = tuple(self.taps.output)
        self.channels = {level: self.taps.output[level].shape[-1] for level in self.levels}

    def build(self, images_shape):
        wanted = self.taps.inputs[0].shape[-1]
        if images_shape[-1] != wanted:
            raise ConfigError(f"this encoder takes images of {wanted} channels, got {images_shape[-1]}")
        self.built = True

    def call(self, images, training=None):
        _, height, width, _ = ops.shape(images)
        images = ops.cast(images if self._place is None else scaled(images, self._place), self.compute_dtype)
        pyramid = self.taps(fill_up(images), training=training)
        return {level: cut_back(pyramid[level], level, height, width) for level in self.levels}

    def get_config(self):
        # What the taps are made of already: a network of the same levels, dilated and frozen.
        return super().get_config() | {
            "network": keras.saving.serialize_keras_object(self.taps),
            "scaling": self.scaling,
        }

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config["network"])
        return cls(**(config | {"network": network}))


def _cut_open(network):
    """The network as a functional model, images -> dict of levels."""
    if isinstance(network.output, dict) and all(level.startswith("P") for level in network.output):
        return network
    if len(network.inputs) != 1 or len(network.inputs[0].shape) != 4:
        raise ModelError(f"an encoder takes one batch of images (n, h, w, c), {network.name} takes {network.inputs}")
    probe = keras.models.clone_model(network, input_tensors=keras.Input((SIDE, SIDE, network.inputs[0].shape[-1])))
    last = {}
    for operation, sized in zip(network.operations, probe.operations, strict=True):
        output = sized.output
        if isinstance(output, keras.KerasTensor) and len(output.shape) == 4 and output.shape[1] == output.shape[2]:
            last[output.shape[1]] = operation.output
    taps = {f"P{k}": last[SIDE // stride] for k, stride in enumerate(STRIDES, start=1) if SIDE // stride in last}
    odd = [size for size in last if SIDE // STRIDES[-1] <= size < SIDE and SIDE // size not in STRIDES]
    if odd or not taps:
        raise ModelError(
            f"{network.name} makes maps of {odd or list(last)} of images of {SIDE}, which are not halved step by step; "
            'give its convolutions and poolings padding="same"'
        )
    return keras.Model(network.inputs[0], taps, name=network.name)


def _renamed(taps, output_stride):
    """The levels of a dilated network: the coarsest takes the place of the stride that is left."""
    return keras.Model(taps.inputs[0], levels_within(taps.output, output_stride), name=taps.name)

"""Decoders without skips: convolve, double, convolve, and so on up."""

import keras

from seqseg.errors import ConfigError, ModelError
from seqseg.layers import ConvNorm, ConvStack, UpStack, unpool


@keras.saving.register_keras_serializable("seqseg")
class PlainDecoder(keras.layers.Layer):
    """Only the coarsest level is read, doubled by nearest neighbour and convolved up to the finest level's size.

    Args:
        widths: for each level, from the coarsest to the finest, the channels of its convolutions; a level after the
            first needs at least one. None halves the coarsest level's channels at each doubling.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None.
        normalize: "last" after the last convolution of a level, "each" after every one.
    """

    def __init__(self, widths=None, *, kernel_size=3, norm="batch", normalize="last", **kwargs):
        super().__init__(**kwargs)
        if normalize not in ("last", "each"):
            raise ConfigError(f'normalize must be "last" or "each", got {normalize!r}')
        self.widths = None if widths is None else tuple(tuple(level) for level in widths)
        self.kernel_size = kernel_size
        self.norm = norm
        self.normalize = normalize
        self.convolutions = []

    def build(self, pyramid_shapes):
        self.levels = tuple(pyramid_shapes)
        shape = pyramid_shapes[self.levels[-1]]
        if self.widths is None:
            self.widths = ((), *((max(shape[-1] // 2**k, 8),) * 2 for k in range(1, len(self.levels))))
        if len(self.widths) != len(self.levels) or not all(self.widths[1:]):
            raise ConfigError(f"{len(self.levels)} levels need widths for each, got {self.widths}")
        stages = [self._stage(widths, doubling=k > 0) for k, widths in enumerate(self.widths)]
        self.convolutions = [layer for stage in stages for layer in stage]
        _build_chain(self.convolutions, shape)

    def call(self, pyramid, training=None):
        features = pyramid[self.levels[-1]]
        for stage, level in zip(_in_groups(self.convolutions, self.widths), reversed(self.levels), strict=True):
            for layer in stage:
                if isinstance(layer, UpStack):
                    features = layer(features, None, like=pyramid[level], training=training)
                else:
                    features = layer(features, training=training)
        return features

    def output_level(self, levels):
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes):
        return (*pyramid_shapes[self.levels[0]][:-1], self.widths[-1][-1])

    def get_config(self):
        return super().get_config() | {
            "widths": self.widths,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
            "normalize": self.normalize,
        }

    def _stage(self, widths, *, doubling):
        layers = []
        for k, width in enumerate(widths):
            norm = self.norm if self.normalize == "each" or k == len(widths) - 1 else None
            kind = UpStack if doubling and k == 0 else ConvStack
            layers.append(kind(width, depth=1, kernel_size=self.kernel_size, norm=norm, dtype=self.dtype_policy))
        return layers


@keras.saving.register_keras_serializable("seqseg")
class UnpoolDecoder(keras.layers.Layer):
    """SegNet's decoder: every value goes back to where its maximum was, then convolutions fill the gaps.

    It needs an encoder that gives the places: "P1.places" for the pooling that made level "P1", and so on.

    Args:
        widths: for each unpooling, from the coarsest to the finest, the channels of its convolutions. None gives one
            convolution at each level.
        norm: "batch", "group" or None.
    """

    needs_places = True

    def __init__(self, widths=None, *, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.widths = None if widths is None else tuple(tuple(level) for level in widths)
        self.norm = norm
        self.convolutions = []

    def build(self, pyramid_shapes):
        self.levels = tuple(pyramid_shapes)
        if self.widths is None:
            # What is unpooled has the places' channels, those of the level that was pooled.
            pooled = [shape[-1] for shape in pyramid_shapes.values()][:-1]
            self.widths = tuple((width,) for width in [*pooled[:-1][::-1], pooled[0]])
        if len(self.widths) != len(self.levels) - 1:
            raise ConfigError(f"{len(self.levels)} levels need {len(self.levels) - 1} widths, got {self.widths}")
        self.convolutions = [
            ConvNorm(width, norm=self.norm, dtype=self.dtype_policy) for level in self.widths for width in level
        ]
        _build_chain(self.convolutions, pyramid_shapes[self.levels[-1]])

    def call(self, pyramid, training=None):
        coarse_to_fine = tuple(reversed(self.levels))
        features = pyramid[coarse_to_fine[0]]
        stages = _in_groups(self.convolutions, self.widths)
        for stage, coarse, fine in zip(stages, coarse_to_fine, coarse_to_fine[1:], strict=False):
            places = pyramid[f"{coarse}.places"]
            if features.shape[-1] != places.shape[-1]:
                raise ModelError(
                    f"unpooling needs {places.shape[-1]} channels at {coarse}, got {features.shape[-1]}; make a memory "
                    f"there a residual, or give it as many filters"
                )
            features = unpool(features, places, keras.ops.shape(pyramid[fine])[1:3])
            for layer in stage:
                features = layer(features, training=training)
        return features

    def output_level(self, levels):
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes):
        return (*pyramid_shapes[self.levels[0]][:-1], self.widths[-1][-1])

    def get_config(self):
        return super().get_config() | {"widths": self.widths, "norm": self.norm}


def _build_chain(layers, shape):
    for layer in layers:
        layer.build(shape)
        shape = (*shape[:-1], layer.filters)


def _in_groups(layers, widths):
    """The layers of each level. Keras saves a list of layers, but not a list of lists."""
    layers = iter(layers)
    return [[next(layers) for _ in level] for level in widths]

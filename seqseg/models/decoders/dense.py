"""Decoders of densely connected blocks."""

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import DenseBlock


@keras.saving.register_keras_serializable("seqseg")
class TiramisuDecoder(keras.layers.Layer):
    """FC-DenseNet's way up (Jégou et al. 2017): transposed convolution, join the skip, dense block: -> (n, h, w, c).

    Only a block's new channels go on up; after the last one all do.

    Args:
        units: of each block, from the second coarsest level to the finest; None takes 4 at each.
        growth: new channels of each unit.
        dropout: share of each unit's values that training drops.
        norm: "batch", "group" or None.
    """

    def __init__(self, units=None, *, growth=16, dropout=0.2, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.units = None if units is None else tuple(units)
        self.growth = growth
        self.dropout = dropout
        self.norm = norm
        self.doubling, self.blocks = [], []

    def build(self, pyramid_shapes):
        self.levels = tuple(pyramid_shapes)
        *skips, features = pyramid_shapes.values()
        self.units = _checked(self.units or (4,) * len(skips), self.levels)
        options = {"dropout": self.dropout, "use_bias": True, "norm": self.norm, "dtype": self.dtype_policy}
        for k, (units, skip) in enumerate(zip(self.units, reversed(skips), strict=True)):
            self.doubling.append(_doubling(features[-1], dtype=self.dtype_policy))
            self.doubling[-1].build(features)
            joined = (*skip[:-1], skip[-1] + features[-1])
            self.blocks.append(DenseBlock(units, self.growth, keep=k == len(skips) - 1, **options))
            self.blocks[-1].build(joined)
            features = self.blocks[-1].compute_output_shape(joined)

    def call(self, pyramid, training=None):
        *skips, features = (pyramid[level] for level in self.levels)
        for doubling, block, skip in zip(self.doubling, self.blocks, reversed(skips), strict=True):
            features = block(_joined(doubling(features), skip), training=training)
        return features

    def output_level(self, levels):
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes):
        *skips, features = pyramid_shapes.values()
        units = self.units or (4,) * len(skips)
        below = features[-1] if len(units) == 1 else units[-2] * self.growth
        return (*skips[0][:-1], skips[0][-1] + below + units[-1] * self.growth)

    def get_config(self):
        return super().get_config() | {
            "units": self.units,
            "growth": self.growth,
            "dropout": self.dropout,
            "norm": self.norm,
        }


@keras.saving.register_keras_serializable("seqseg")
class DenseDecoder(keras.layers.Layer):
    """ssnets' way up from a DenseNet: transposed convolution to half the skip's channels, join, dense block; at the end
    one transposed convolution more to the finest level: -> (n, h, w, filters).

    The original ends with a transposed convolution of side 3 and stride 4, which leaves pixels that no weight reaches.
    Here the last one is of side 4 and stride 2, to the finest level, and the model's resize does the rest.

    Args:
        units: of each block, from the second coarsest level to the second finest; None takes 8 at each.
        growth: new channels of each unit.
        bottleneck: units of a block at the coarsest level ahead of all; 0 for none.
        filters: channels at the finest level.
        norm: "batch", "group" or None.
    """

    def __init__(self, units=None, *, growth=32, bottleneck=0, filters=64, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.units = None if units is None else tuple(units)
        self.growth = growth
        self.bottleneck = bottleneck
        self.filters = filters
        self.norm = norm
        self.first = None
        self.doubling, self.blocks = [], []
        self.last = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", dtype=self.dtype_policy)

    def build(self, pyramid_shapes):
        self.levels = tuple(pyramid_shapes)
        _, *skips, features = pyramid_shapes.values()
        self.units = _checked(self.units or (8,) * len(skips), self.levels[1:])
        if self.bottleneck:
            self.first = self._block(self.bottleneck)
            self.first.build(features)
            features = self.first.compute_output_shape(features)
        for units, skip in zip(self.units, reversed(skips), strict=True):
            self.doubling.append(_doubling(max(skip[-1] // 2, 1), dtype=self.dtype_policy))
            self.doubling[-1].build(features)
            joined = (*skip[:-1], skip[-1] + self.doubling[-1].filters)
            self.blocks.append(self._block(units))
            self.blocks[-1].build(joined)
            features = self.blocks[-1].compute_output_shape(joined)
        self.last.build(features)

    def call(self, pyramid, training=None):
        finest, *skips, features = (pyramid[level] for level in self.levels)
        if self.first is not None:
            features = self.first(features, training=training)
        for doubling, block, skip in zip(self.doubling, self.blocks, reversed(skips), strict=True):
            features = block(_joined(doubling(features), skip), training=training)
        return _cut(self.last(features), finest)

    def output_level(self, levels):
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes):
        return (*next(iter(pyramid_shapes.values()))[:-1], self.filters)

    def get_config(self):
        return super().get_config() | {
            "units": self.units,
            "growth": self.growth,
            "bottleneck": self.bottleneck,
            "filters": self.filters,
            "norm": self.norm,
        }

    def _block(self, units):
        options = {"norm": self.norm, "dtype": self.dtype_policy}
        return DenseBlock(units, self.growth, bottleneck=4 * self.growth, **options)


def _doubling(filters, *, dtype):
    return keras.layers.Conv2DTranspose(
        filters, 3, strides=2, padding="same", kernel_initializer="he_uniform", dtype=dtype
    )


def _checked(units, levels):
    if len(units) != len(levels) - 1:
        raise ConfigError(f"{len(levels)} levels need {len(levels) - 1} numbers of units, got {units}")
    return tuple(units)


def _joined(features, skip):
    return ops.concatenate([skip, _cut(features, skip)], axis=-1)


def _cut(features, like):
    height, width = ops.shape(like)[1:3]
    return features[:, :height, :width]

"""FC-DenseNet's encoder, of densely connected blocks from the first pixel on."""

import keras
from keras import ops

from seqseg.layers import DenseBlock, make_norm


@keras.saving.register_keras_serializable("seqseg")
class TiramisuStack(keras.layers.Layer):
    """FC-DenseNet's way down (Jégou et al. 2017): images (n, h, w, c) -> {"P0": (n, h, w, c), "P1": …}.

    Each level is a dense block's output. Between two, it is normalized, convolved 1 x 1 and max-pooled. The last level
    gives its block's new channels alone.

    Args:
        filters: channels of the first convolution.
        units: of each level's block.
        growth: new channels of each unit.
        dropout: share of each convolution's values that training drops.
        norm: "batch", "group" or None.
    """

    scale = 1 / 127.5
    offset = -1.0

    def __init__(self, filters=48, *, units=(4, 5, 7, 10, 12, 15), growth=16, dropout=0.2, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.units = tuple(units)
        self.growth = growth
        self.dropout = dropout
        self.norm = norm
        self.levels = tuple(f"P{k}" for k in range(len(self.units)))
        widths = [filters + growth * sum(self.units[: k + 1]) for k in range(len(self.units) - 1)]
        self.channels = dict(zip(self.levels, [*widths, growth * self.units[-1]], strict=True))
        dtype = self.dtype_policy
        options = {"dropout": dropout, "use_bias": True, "norm": norm, "dtype": dtype}
        start = {"kernel_initializer": "he_uniform", "dtype": dtype}
        self.first = keras.layers.Conv2D(filters, 3, padding="same", **start)
        self.blocks = [
            DenseBlock(count, growth, keep=k < len(self.units) - 1, **options) for k, count in enumerate(self.units)
        ]
        self.normalizations = [make_norm(norm, width, dtype=dtype) for width in widths if norm]
        self.convolutions = [keras.layers.Conv2D(width, 1, **start) for width in widths]
        self.drop = keras.layers.Dropout(dropout, dtype=dtype)
        self.pool = keras.layers.MaxPooling2D(padding="same", dtype=dtype)

    def build(self, shape):
        self.first.build(shape)
        shape = (*shape[:-1], self.filters)
        for k, level in enumerate(self.levels):
            self.blocks[k].build(shape)
            shape = (*shape[:-1], self.channels[level])
            if k < len(self.convolutions):
                if self.norm:
                    self.normalizations[k].build(shape)
                self.convolutions[k].build(shape)

    def call(self, images, training=None):
        features = ops.cast(ops.cast(images, "float32") * self.scale + self.offset, self.compute_dtype)
        features = self.first(features)
        pyramid = {}
        for k, level in enumerate(self.levels):
            pyramid[level] = self.blocks[k](features, training=training)
            if k < len(self.convolutions):
                features = self._halved(k, pyramid[level], training)
        return pyramid

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "units": self.units,
            "growth": self.growth,
            "dropout": self.dropout,
            "norm": self.norm,
        }

    def _halved(self, k, features, training):
        if self.norm:
            features = self.normalizations[k](features, training=training)
        features = self.convolutions[k](ops.relu(features))
        return self.pool(self.drop(features, training=training))

"""SegNet's encoder: VGG16's convolutions, with pooling that keeps the places of its maxima."""

import itertools

import keras
from keras import ops

from seqseg.layers import ConvNorm, pool_with_places


@keras.saving.register_keras_serializable("seqseg")
class PlacesStack(keras.layers.Layer):
    """Images (n, h, w, c) -> {"P0": …, "P1": …} and the places of the maxima, {"P1.places": (n, h, w, c) of 0–3, …}.

    The last level is the last pooling's result, without convolutions of its own (Badrinarayanan et al. 2017).

    Args:
        widths: channels of each level but the last, which has those of the one before.
        depths: convolutions of each level but the last.
        norm: "batch", "group" or None.
    """

    gives_places = True
    scale = 1 / 127.5
    offset = -1.0

    def __init__(self, widths=(64, 128, 256, 512, 512), *, depths=(2, 2, 3, 3, 3), norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        self.depths = tuple(depths)
        self.norm = norm
        self.levels = tuple(f"P{k}" for k in range(len(self.widths) + 1))
        self.channels = dict(zip(self.levels, (*self.widths, self.widths[-1]), strict=True))
        # One flat list: Keras saves a list of layers, but not a list of lists.
        self.convolutions = [
            ConvNorm(width, norm=norm, dtype=self.dtype_policy)
            for width, depth in zip(self.widths, self.depths, strict=True)
            for _ in range(depth)
        ]

    def build(self, shape):
        for layer in self.convolutions:
            layer.build(shape)
            shape = (*shape[:-1], layer.filters)

    def call(self, images, training=None):
        features = ops.cast(ops.cast(images, "float32") * self.scale + self.offset, self.compute_dtype)
        pyramid, places = {}, {}
        remaining = iter(self.convolutions)
        for depth, level, coarser in zip(self.depths, self.levels, self.levels[1:], strict=False):
            for layer in itertools.islice(remaining, depth):
                features = layer(features, training=training)
            pyramid[level] = features
            features, places[f"{coarser}.places"] = pool_with_places(features)
        return pyramid | {self.levels[-1]: features} | places

    def get_config(self):
        return super().get_config() | {"widths": self.widths, "depths": self.depths, "norm": self.norm}

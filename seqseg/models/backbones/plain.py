"""The plain encoder: stacks of convolutions with a max-pooling between them."""

import keras
from keras import ops

from seqseg.layers import ConvStack


@keras.saving.register_keras_serializable("seqseg")
class PlainStack(keras.layers.Layer):
    """A U-Net's encoder (Ronneberger et al. 2015): images (n, h, w, c) -> {"P0": (n, h, w, filters), "P1": …}.

    Each level has twice the channels of the one before and half its size, rounded up.

    Args:
        filters: channels of level "P0".
        depths: number of convolutions at each level.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None, after the last convolution of each level.
    """

    scale = 1 / 127.5
    offset = -1.0

    def __init__(self, filters=16, *, depths=(2, 2, 2, 2), kernel_size=3, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.depths = tuple(depths)
        self.kernel_size = kernel_size
        self.norm = norm
        self.levels = tuple(f"P{k}" for k in range(len(self.depths)))
        self.channels = {level: filters * 2**k for k, level in enumerate(self.levels)}
        self.stacks = [
            ConvStack(channels, depth=depth, kernel_size=kernel_size, norm=norm, dtype=self.dtype_policy)
            for channels, depth in zip(self.channels.values(), self.depths, strict=True)
        ]
        self.pool = keras.layers.MaxPooling2D(padding="same", dtype=self.dtype_policy)

    def build(self, images_shape):
        shape = images_shape
        for stack in self.stacks:
            stack.build(shape)
            shape = (*shape[:-1], stack.filters)

    def call(self, images, training=None):
        features = ops.cast(ops.cast(images, "float32") * self.scale + self.offset, self.compute_dtype)
        pyramid = {}
        for level, stack in zip(self.levels, self.stacks, strict=True):
            if pyramid:
                features = self.pool(features)
            features = stack(features, training=training)
            pyramid[level] = features
        return pyramid

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "depths": self.depths,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
        }

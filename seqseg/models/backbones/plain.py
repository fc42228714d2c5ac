"""The plain encoder: stacks of convolutions with a max-pooling between them."""

import keras
from keras import ops

from seqseg.layers import ConvStack


@keras.saving.register_keras_serializable("seqseg")
class PlainStack(keras.layers.Layer):
    """A U-Net's encoder (Ronneberger et al. 2015): images (n, h, w, c) -> {"P0": (n, h, w, filters), "P1": …}.

    Each level has half the size of the one before, rounded up, and twice its channels unless `widths` says otherwise.

    Args:
        filters: channels of level "P0".
        depths: number of convolutions at each level.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None; a list says so for each level.
        normalize: "last" after the last convolution of each level, "each" after every one, "first" after the pooling.
        widths: channels of each level, in the place of `filters`.
    """

    scale = 1 / 127.5
    offset = -1.0

    def __init__(
        self,
        filters=16,
        *,
        depths=(2, 2, 2, 2),
        kernel_size=3,
        norm="batch",
        normalize="last",
        widths=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.depths = tuple(depths)
        self.kernel_size = kernel_size
        self.norm = norm if norm is None or isinstance(norm, str) else tuple(norm)
        self.normalize = normalize
        self.widths = None if widths is None else tuple(widths)
        self.levels = tuple(f"P{k}" for k in range(len(self.depths)))
        widths = self.widths or [filters * 2**k for k in range(len(self.levels))]
        self.channels = dict(zip(self.levels, widths, strict=True))
        norms = self.norm if isinstance(self.norm, tuple) else [norm] * len(self.levels)
        options = {"kernel_size": kernel_size, "normalize": normalize, "dtype": self.dtype_policy}
        self.stacks = [
            ConvStack(channels, depth=depth, norm=norm, **options)
            for channels, depth, norm in zip(widths, self.depths, norms, strict=True)
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
            "normalize": self.normalize,
            "widths": self.widths,
        }

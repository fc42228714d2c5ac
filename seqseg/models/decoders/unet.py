"""The U-Net decoder, in the paper's order and in that of the founding recurrent network."""

import keras
from keras import ops

from seqseg.layers import ConvStack, UpStack


@keras.saving.register_keras_serializable("seqseg")
class UNetDecoder(keras.layers.Layer):
    """Double, join the skip, convolve, level by level: {"P0": …, "Pk": …} -> (n, h, w, c) at the finest level's size.

    Args:
        widths: channels of the stack at each level on the way up, from the second coarsest level to the finest. With
            `skips="after"` the last entry is one more stack at the finest level.
        depth: convolutions a stack.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None.
        skips: "before" joins a level's skip before its stack (Ronneberger et al. 2015); "after" joins it afterwards, so
            that it enters the next stack (image-models' lstm_unet).
    """

    def __init__(self, widths, *, depth=2, kernel_size=3, norm="batch", skips="before", **kwargs):
        super().__init__(**kwargs)
        if skips not in ("before", "after"):
            raise ValueError(f'skips must be "before" or "after", got {skips!r}')
        self.widths = tuple(widths)
        self.depth = depth
        self.kernel_size = kernel_size
        self.norm = norm
        self.skips = skips
        options = {"depth": depth, "kernel_size": kernel_size, "norm": norm, "dtype": self.dtype_policy}
        climbing = self.widths if skips == "before" else self.widths[:-1]
        self.stacks = [UpStack(width, **options) for width in climbing]
        self.last = ConvStack(self.widths[-1], **options) if skips == "after" else None

    def build(self, pyramid_shapes):
        *skips, features = pyramid_shapes.values()
        if len(self.stacks) != len(skips):
            needed = len(skips) + (self.skips == "after")
            raise ValueError(f"{len(pyramid_shapes)} levels need {needed} widths, got {self.widths}")
        for stack, skip in zip(self.stacks, reversed(skips), strict=True):
            stack.build(features, skip if self.skips == "before" else None)
            joined = 0 if self.skips == "before" else skip[-1]
            features = (*features[:-1], stack.filters + joined)
        if self.last is not None:
            self.last.build(features)

    def call(self, pyramid, training=None):
        *skips, features = pyramid.values()
        for stack, skip in zip(self.stacks, reversed(skips), strict=True):
            if self.skips == "before":
                features = stack(features, skip, training=training)
            else:
                features = ops.concatenate([stack(features, None, like=skip, training=training), skip], axis=-1)
        return features if self.last is None else self.last(features, training=training)

    def compute_output_shape(self, pyramid_shapes):
        finest = next(iter(pyramid_shapes.values()))
        return (*finest[:-1], self.widths[-1])

    def get_config(self):
        return super().get_config() | {
            "widths": self.widths,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
            "skips": self.skips,
        }

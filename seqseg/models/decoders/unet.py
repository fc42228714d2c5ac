"""The U-Net decoder, in the paper's order and in that of the founding recurrent network."""

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import ConvStack, UpStack, make_upsampling, upsampling_of


@keras.saving.register_keras_serializable("seqseg")
class EnlargedStack(keras.layers.Layer):
    """`UpStack` with any upsampling: enlarge, join the skip, convolve `depth` times, normalize: -> (n, h, w, filters).

    Nearest upsampling and convolution are one in `UpStack`; the others come first and the convolution reads them.
    """

    def __init__(self, filters, *, upsampling, depth=2, kernel_size=3, norm="batch", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.upsampling = upsampling
        self.depth = depth
        self.kernel_size = kernel_size
        self.norm = norm
        self.enlarge = make_upsampling(upsampling, 2, dtype=self.dtype_policy)
        self.stack = ConvStack(filters, depth=depth, kernel_size=kernel_size, norm=norm, dtype=self.dtype_policy)

    def build(self, features_shape, skip_shape=None):
        joined = 0 if skip_shape is None else skip_shape[-1]
        self.enlarge.build(features_shape)
        self.stack.build((*features_shape[:-1], features_shape[-1] + joined))

    def call(self, features, skip, like=None, places=None, training=None):
        """`skip` is joined; `like`, given instead, only sets the size; `places` are for unpooling."""
        target = like if skip is None else skip
        features = self.enlarge(features, target) if places is None else self.enlarge(features, target, places)
        if skip is not None:
            features = ops.concatenate([skip, features], axis=-1)
        return self.stack(features, training=training)

    def get_config(self):
        return super().get_config() | {
            "filters": self.filters,
            "upsampling": self.upsampling,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
        }


@keras.saving.register_keras_serializable("seqseg")
class UNetDecoder(keras.layers.Layer):
    """Double, join the skip, convolve, level by level: {"P0": …, "Pk": …} -> (n, h, w, c) at the finest level's size.

    Args:
        widths: channels of the stack at each level on the way up, from the second coarsest level to the finest. With
            `skips="after"` the last entry is one more stack at the finest level. None takes each level's own
            channels, at most 256.
        depth: convolutions a stack.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None.
        skips: "before" joins a level's skip before its stack (Ronneberger et al. 2015); "after" joins it afterwards, so
            that it enters the next stack (image-models' lstm_unet).
        upsampling: a name of `UPSAMPLING`, or a table of name and options; "unpool" needs an encoder that gives the
            places of its maxima.
    """

    def __init__(
        self, widths=None, *, depth=2, kernel_size=3, norm="batch", skips="before", upsampling="nearest", **kwargs
    ):
        super().__init__(**kwargs)
        if skips not in ("before", "after"):
            raise ConfigError(f'skips must be "before" or "after", got {skips!r}')
        self.widths = None if widths is None else tuple(widths)
        self.depth = depth
        self.kernel_size = kernel_size
        self.norm = norm
        self.skips = skips
        self.upsampling = upsampling
        self.needs_places = upsampling_of(upsampling)[0] == "unpool"
        self.stacks, self.last = [], None
        if widths is not None:
            self._make_stacks()

    def build(self, pyramid_shapes):
        self.levels = tuple(pyramid_shapes)
        *skips, features = pyramid_shapes.values()
        if self.widths is None:
            self.widths = self._own_widths([skip[-1] for skip in reversed(skips)])
            if self.skips == "after":
                self.widths += self.widths[-1:]
            self._make_stacks()
        if len(self.stacks) != len(skips):
            needed = len(skips) + (self.skips == "after")
            raise ConfigError(f"{len(pyramid_shapes)} levels need {needed} widths, got {self.widths}")
        for stack, skip in zip(self.stacks, reversed(skips), strict=True):
            stack.build(features, skip if self.skips == "before" else None)
            joined = 0 if self.skips == "before" else skip[-1]
            features = (*features[:-1], stack.filters + joined)
        if self.last is not None:
            self.last.build(features)

    def call(self, pyramid, training=None):
        *skips, features = (pyramid[level] for level in self.levels)
        for stack, skip, coarse in zip(self.stacks, reversed(skips), reversed(self.levels[1:]), strict=True):
            options = {"places": pyramid[f"{coarse}.places"]} if self.needs_places else {}
            if self.skips == "before":
                features = stack(features, skip, training=training, **options)
            else:
                features = stack(features, None, like=skip, training=training, **options)
                features = ops.concatenate([features, skip], axis=-1)
        return features if self.last is None else self.last(features, training=training)

    def output_level(self, levels):
        """The level whose size the features have."""
        return levels[0]

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
            "upsampling": self.upsampling,
        }

    def _own_widths(self, channels):
        """Widths for skips of these channels, from the coarsest to the finest."""
        if self.needs_places:  # what is unpooled next must have the channels of what was pooled there
            return (*channels[1:], channels[-1])
        return tuple(min(width, 256) for width in channels)

    def _make_stacks(self):
        options = {
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
            "dtype": self.dtype_policy,
        }
        climbing = self.widths if self.skips == "before" else self.widths[:-1]
        if self.upsampling == "nearest":
            self.stacks = [UpStack(width, **options) for width in climbing]
        else:
            self.stacks = [EnlargedStack(width, upsampling=self.upsampling, **options) for width in climbing]
        self.last = ConvStack(self.widths[-1], **options) if self.skips == "after" else None

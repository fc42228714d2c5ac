"""LinkNet's decoder: narrow blocks of transposed convolutions, skips added instead of joined."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers import ConvNorm, make_norm
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class FullConv(keras.layers.Layer):
    """Transposed convolution of 3 x 3 without bias, normalization, ReLU; cut to the size of `like`."""

    def __init__(self, filters: int, *, strides: int = 2, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.norm = norm
        self.convolution = keras.layers.Conv2DTranspose(
            filters, 3, strides=strides, padding="same", use_bias=norm is None, dtype=self.dtype_policy
        )
        self.normalization = make_norm(norm, filters, dtype=self.dtype_policy)

    def build(self, shape: Shape, *_: Any) -> None:
        self.convolution.build(shape)
        if self.norm:
            self.normalization.build((*shape[:-1], self.filters))

    def call(self, features: Tensor, like: Tensor | None, training: bool | None = None) -> Tensor:
        height, width = ops.shape(like)[1:3]
        features = self.convolution(features)[:, :height, :width]
        if self.norm:
            features = self.normalization(features, training=training)
        return ops.relu(features)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "strides": self.strides, "norm": self.norm}


@keras.saving.register_keras_serializable("seqseg")
class LinkBlock(keras.layers.Layer):
    """Squeeze to a quarter of the channels, enlarge, widen: (n, h, w, c) -> (n, h', w', filters), size of `like`."""

    def __init__(self, filters: int, *, strides: int = 2, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.norm = norm
        self.widen = ConvNorm(filters, kernel_size=1, norm=norm, dtype=self.dtype_policy)

    def build(self, shape: Shape, *_: Any) -> None:
        quarter = max(shape[-1] // 4, 1)
        options = {"norm": self.norm, "dtype": self.dtype_policy}
        self.squeeze = ConvNorm(quarter, kernel_size=1, **options)
        self.enlarge = FullConv(quarter, strides=self.strides, **options)
        self.squeeze.build(shape)
        self.enlarge.build((*shape[:-1], quarter))
        self.widen.build((*shape[:-1], quarter))

    def call(self, features: Tensor, like: Tensor | None, training: bool | None = None) -> Tensor:
        features = self.enlarge(self.squeeze(features, training=training), like, training=training)
        return self.widen(features, training=training)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "strides": self.strides, "norm": self.norm}


@keras.saving.register_keras_serializable("seqseg")
class LinkNetDecoder(keras.layers.Layer):
    """Squeeze, double, widen, add the skip, level by level (Chaurasia and Culurciello 2017): -> (n, h, w, filters).

    At the second finest level there is one more block of the same size, and the last doubling goes to the finest level,
    without a skip. The paper's last transposed convolution, from half the image's size, is the model's head and resize.

    Args:
        filters: channels at the finest level.
        zero_skips: each skip passes a 1 x 1 convolution that begins at zero, as in seg-mentor.
        norm: "batch", "group" or None.
    """

    def __init__(
        self, *, filters: int = 32, zero_skips: bool = False, norm: str | None = "batch", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.zero_skips = zero_skips
        self.norm = norm
        self.blocks: list[keras.layers.Layer] = []
        self.links: list[keras.layers.Layer] = []
        self.to_finest = FullConv(filters, norm=norm, dtype=self.dtype_policy)
        self.refine = ConvNorm(filters, norm=norm, dtype=self.dtype_policy)

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        self.levels = tuple(pyramid_shapes)
        _, *skips, features = pyramid_shapes.values()
        skips = skips[::-1]
        options = {"norm": self.norm, "dtype": self.dtype_policy}
        widths = [skip[-1] for skip in skips]
        self.blocks = [LinkBlock(width, **options) for width in widths]
        self.blocks.append(LinkBlock((widths or [features[-1]])[-1], strides=1, **options))
        for block in self.blocks:
            block.build(features)
            features = (*features[:-1], block.filters)
        if self.zero_skips:
            self.links = [
                keras.layers.Conv2D(width, 1, kernel_initializer="zeros", dtype=self.dtype_policy) for width in widths
            ]
            for link, skip in zip(self.links, skips, strict=True):
                link.build(skip)
        self.to_finest.build(features)
        self.refine.build((*features[:-1], self.filters))

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        finest, *skips, features = (pyramid[level] for level in self.levels)
        for k, skip in enumerate(reversed(skips)):
            features = self.blocks[k](features, skip, training=training)
            features = ops.relu(features + self.links[k](skip)) if self.zero_skips else features + skip
        features = self.blocks[-1](features, features, training=training)
        return self.refine(self.to_finest(features, finest, training=training), training=training)

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        return (*next(iter(pyramid_shapes.values()))[:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "zero_skips": self.zero_skips, "norm": self.norm}

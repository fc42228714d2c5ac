"""A decoder of transposed convolutions."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import make_norm
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class TransposedDecoder(keras.layers.Layer):
    """Transposed convolution by 2, normalize, ReLU, join the skip, level by level: -> (n, h, w, c) at the finest level.

    The up-sampling half of pix2pix (Isola et al. 2017) as ssnets puts it on MobileNetV2.

    Args:
        widths: channels of each transposed convolution, from the coarsest to the finest; None takes each skip's own, at
            most 256.
        norm: "batch", "group" or None.
    """

    def __init__(self, widths: Sequence[int] | None = None, *, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widths: Any = None if widths is None else tuple(widths)
        self.norm = norm
        self.convolutions: list[keras.layers.Layer] = []
        self.normalizations: list[keras.layers.Layer] = []

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        self.levels = tuple(pyramid_shapes)
        *skips, features = pyramid_shapes.values()
        skips = skips[::-1]
        if self.widths is None:
            self.widths = tuple(min(skip[-1], 256) for skip in skips)
        if len(self.widths) != len(skips):
            raise ConfigError(f"{len(self.levels)} levels need {len(skips)} widths, got {self.widths}")
        dtype = self.dtype_policy
        self.convolutions = [
            keras.layers.Conv2DTranspose(width, 3, strides=2, padding="same", use_bias=self.norm is None, dtype=dtype)
            for width in self.widths
        ]
        self.normalizations = [make_norm(self.norm, width, dtype=dtype) for width in self.widths if self.norm]
        for k, skip in enumerate(skips):
            self.convolutions[k].build(features)
            if self.norm:
                self.normalizations[k].build((*skip[:-1], self.widths[k]))
            features = (*skip[:-1], self.widths[k] + skip[-1])

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        *skips, features = (pyramid[level] for level in self.levels)
        for k, skip in enumerate(reversed(skips)):
            height, width = ops.shape(skip)[1:3]
            features = self.convolutions[k](features)[:, :height, :width]
            if self.norm:
                features = self.normalizations[k](features, training=training)
            features = ops.concatenate([ops.relu(features), skip], axis=-1)
        return features

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return levels[0]

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        finest = pyramid_shapes[self.levels[0]]
        return (*finest[:-1], self.widths[-1] + finest[-1])

    def get_config(self) -> Config:
        return super().get_config() | {"widths": self.widths, "norm": self.norm}

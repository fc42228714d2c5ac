"""Stacks of convolutions, the building blocks of encoders and decoders."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers.tensor import Config, Shape, Tensor
from seqseg.layers.up_conv import UpConv

# Keras' own 0.99 lags hundreds of steps behind the weights: after 200 steps on `shapes` validation still saw nothing
# but background while the training loss was at 0.3. 0.95 follows within an epoch of a small set.
BATCH_NORM_MOMENTUM = 0.95


@keras.saving.register_keras_serializable("seqseg")
class ConvStack(keras.layers.Layer):
    """Convolutions with ReLU and one normalization after the last: (n, h, w, c) -> (n, h, w, filters).

    The order (convolution, activation, normalization) is that of image-models' networks. With `depth=0` only the
    normalization remains.

    Args:
        filters: channels of each convolution.
        depth: number of convolutions.
        kernel_size: side of the square kernels.
        norm: "batch", "group" (Wu and He 2018, groups of at least 8 channels) or None.
        normalize: "last" after the last convolution, "each" after every one, "first" ahead of them all.
    """

    def __init__(
        self,
        filters: int,
        *,
        depth: int = 2,
        kernel_size: int = 3,
        norm: str | None = "batch",
        normalize: str = "last",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if normalize not in ("last", "each", "first"):
            raise ConfigError(f'normalize must be "last", "each" or "first", got {normalize!r}')
        self.filters = filters
        self.depth = depth
        self.kernel_size = kernel_size
        self.norm = norm
        self.normalize = normalize
        self.convolutions = [
            keras.layers.Conv2D(filters, kernel_size, padding="same", activation="relu", dtype=self.dtype_policy)
            for _ in range(depth)
        ]
        self.normalization = make_norm(norm, filters, dtype=self.dtype_policy)
        between = depth - 1 if normalize == "each" and norm is not None else 0
        self.between = [make_norm(norm, filters, dtype=self.dtype_policy) for _ in range(between)]

    def build(self, shape: Shape) -> None:
        for layer in self._in_order():
            layer.build(shape)
            if layer in self.convolutions:
                shape = (*shape[:-1], self.filters)

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        for layer in self._in_order():
            features = layer(features) if layer in self.convolutions else layer(features, training=training)
        return features

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.filters if self.depth else shape[-1])

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
            "normalize": self.normalize,
        }

    def _in_order(self) -> Tensor:
        last = [] if self.normalization is None else [self.normalization]
        if self.normalize == "first":
            return last + self.convolutions
        if not self.between:
            return self.convolutions + last
        pairs = zip(self.convolutions, self.between + last, strict=True)
        return [layer for pair in pairs for layer in pair]


@keras.saving.register_keras_serializable("seqseg")
class ConvNorm(keras.layers.Layer):
    """Convolution without bias, normalization, ReLU: the usual order, (n, h, w, c) -> (n, h, w, filters)."""

    def __init__(self, filters: int, *, kernel_size: int = 3, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.norm = norm
        self.convolution = keras.layers.Conv2D(
            filters, kernel_size, padding="same", use_bias=norm is None, dtype=self.dtype_policy
        )
        self.normalization = make_norm(norm, filters, dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        self.convolution.build(shape)
        if self.normalization is not None:
            self.normalization.build((*shape[:-1], self.filters))

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        features = self.convolution(features)
        if self.normalization is not None:
            features = self.normalization(features, training=training)
        return ops.relu(features)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "kernel_size": self.kernel_size, "norm": self.norm}


@keras.saving.register_keras_serializable("seqseg")
class UpStack(keras.layers.Layer):
    """One step up a decoder: double, join the skip, convolve `depth` times, normalize: -> (n, h, w, filters).

    The weights are those of a `ConvStack` over [skip, doubled features]; see `UpConv` for why it is a layer of its own.
    """

    def __init__(
        self, filters: int, *, depth: int = 2, kernel_size: int = 3, norm: str | None = "batch", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.depth = depth
        self.kernel_size = kernel_size
        self.norm = norm
        self.first = UpConv(filters, kernel_size=kernel_size, dtype=self.dtype_policy)
        self.rest = ConvStack(
            filters, depth=depth - 1, kernel_size=kernel_size, norm=norm, dtype=self.dtype_policy, name="rest"
        )

    def build(self, features_shape: Shape, skip_shape: Shape | None = None) -> None:
        self.first.build(features_shape, skip_shape)
        self.rest.build((*features_shape[:-1], self.filters))

    def call(
        self, features: Tensor, skip: Tensor | None, like: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        return self.rest(self.first(features, skip, like), training=training)

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "depth": self.depth,
            "kernel_size": self.kernel_size,
            "norm": self.norm,
        }


def make_norm(norm: str | None, filters: int, *, dtype: Any = None) -> Tensor:
    """A normalization layer by name: "batch", "group", or None for none."""
    if norm is None:
        return None
    if norm == "batch":
        return keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, dtype=dtype)
    if norm == "group":
        return keras.layers.GroupNormalization(groups=_groups(filters), dtype=dtype)
    raise ConfigError(f'norm must be "batch", "group" or "none", got {norm!r}')


def _groups(filters: int) -> Tensor:
    """The largest number of groups up to 8 that divides the channels."""
    return next(groups for groups in (8, 4, 2, 1) if filters % groups == 0)

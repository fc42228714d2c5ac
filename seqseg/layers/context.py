"""Layers with a large receptive field: dilated convolutions and pooling over regions."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers.blocks import ConvNorm, make_norm
from seqseg.layers.resize import resize_to
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class ContextConv(keras.layers.Layer):
    """Dilated convolution without bias, normalization, ReLU: (n, h, w, c) -> (n, h, w, filters).

    Args:
        filters: channels of the output.
        kernel_size: side of the square kernel.
        dilation: distance between the kernel's taps.
        separable: a convolution of each channel, normalized too, then a 1 x 1 one (DeepLabV3+).
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        filters: int,
        *,
        kernel_size: int = 3,
        dilation: int = 1,
        separable: bool = False,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.separable = separable
        self.norm = norm
        self.spread: keras.layers.Layer | None = None
        self.spread_norm: keras.layers.Layer | None = None
        options = {"padding": "same", "dilation_rate": dilation, "use_bias": norm is None, "dtype": self.dtype_policy}
        if separable:
            self.spread = keras.layers.DepthwiseConv2D(kernel_size, **options)
            options |= {"dilation_rate": 1}
        self.convolution = keras.layers.Conv2D(filters, 1 if separable else kernel_size, **options)
        self.normalization = make_norm(norm, filters, dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        if self.spread is not None:
            self.spread.build(shape)
            self.spread_norm = make_norm(self.norm, shape[-1], dtype=self.dtype_policy)
            if self.spread_norm is not None:
                self.spread_norm.build(shape)
        self.convolution.build(shape)
        if self.norm:
            self.normalization.build((*shape[:-1], self.filters))

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        if self.spread is not None:
            features = _activated(self.spread(features), self.spread_norm, training)
        return _activated(self.convolution(features), self.normalization, training)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "dilation": self.dilation,
            "separable": self.separable,
            "norm": self.norm,
        }


@keras.saving.register_keras_serializable("seqseg")
class ASPP(keras.layers.Layer):
    """Atrous spatial pyramid pooling (Chen et al. 2017, DeepLabV3): (n, h, w, c) -> (n, h, w, filters).

    A 1 x 1 convolution, one of 3 x 3 for each rate, and the mean of the whole map, side by side, then 1 x 1 over all.

    Args:
        filters: channels of every branch and of the output.
        rates: dilations; 6, 12, 18 are for maps 16 times smaller than the image.
        separable: separable dilated convolutions, as DeepLabV3+ has them.
        dropout: share of the output's values that training drops.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        filters: int = 256,
        *,
        rates: Sequence[int] = (6, 12, 18),
        separable: bool = False,
        dropout: float = 0.1,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.rates = tuple(rates)
        self.separable = separable
        self.dropout = dropout
        self.norm = norm
        options = {"norm": norm, "dtype": self.dtype_policy}
        self.point = ConvNorm(filters, kernel_size=1, **options)
        self.dilated = [ContextConv(filters, dilation=rate, separable=separable, **options) for rate in self.rates]
        self.whole = ConvNorm(filters, kernel_size=1, **options)
        self.joined = ConvNorm(filters, kernel_size=1, **options)
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        branches: list[keras.layers.Layer] = [self.point, *self.dilated, self.whole]
        for branch in branches:
            branch.build(shape)
        self.joined.build((*shape[:-1], self.filters * (len(self.rates) + 2)))
        self.drop.build((*shape[:-1], self.filters))

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        parallel: list[keras.layers.Layer] = [self.point, *self.dilated]
        branches = [branch(features, training=training) for branch in parallel]
        whole = self.whole(adaptive_average_pool(features, 1), training=training)
        branches.append(whole + ops.zeros_like(branches[0]))  # one value for the whole map
        return self.drop(self.joined(ops.concatenate(branches, axis=-1), training=training), training=training)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "rates": self.rates,
            "separable": self.separable,
            "dropout": self.dropout,
            "norm": self.norm,
        }


@keras.saving.register_keras_serializable("seqseg")
class PyramidPooling(keras.layers.Layer):
    """Means over 1, 4, 9 and 36 regions beside the map itself (Zhao et al. 2017): (n, h, w, c) -> (n, h, w, c + …).

    Args:
        bins: regions along each side, one entry a branch.
        filters: channels of each branch; None shares the map's own number of channels out among them.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        *,
        bins: Sequence[int] = (1, 2, 3, 6),
        filters: int | None = None,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bins = tuple(bins)
        self.filters = filters
        self.norm = norm
        self.branches: list[ConvNorm] = []

    def build(self, shape: Shape) -> None:
        self.filters = self.filters or max(shape[-1] // len(self.bins), 1)
        options = {"kernel_size": 1, "norm": self.norm, "dtype": self.dtype_policy}
        self.branches = [ConvNorm(self.filters, **options) for _ in self.bins]
        for branch in self.branches:
            branch.build(shape)

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        size = ops.shape(features)[1:3]
        maps = [features]
        for bins, branch in zip(self.bins, self.branches, strict=True):
            pooled = branch(adaptive_average_pool(features, bins), training=training)
            maps.append(ops.cast(resize_to(pooled, size), self.compute_dtype))
        return ops.concatenate(maps, axis=-1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + len(self.bins) * (self.filters or max(shape[-1] // len(self.bins), 1)))

    def get_config(self) -> Config:
        return super().get_config() | {"bins": self.bins, "filters": self.filters, "norm": self.norm}


@keras.saving.register_keras_serializable("seqseg")
class LiteASPP(keras.layers.Layer):
    """LR-ASPP's upper branch (Howard et al. 2019): a 1 x 1 convolution, weighed by channel from the whole map's mean.

    Args:
        filters: channels of the output.
        norm: "batch", "group" or None.
    """

    def __init__(self, filters: int = 128, *, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.norm = norm
        self.point = ConvNorm(filters, kernel_size=1, norm=norm, dtype=self.dtype_policy)
        self.weigh = keras.layers.Conv2D(filters, 1, use_bias=False, activation="sigmoid", dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        self.point.build(shape)
        self.weigh.build(shape)

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        return self.point(features, training=training) * self.weigh(adaptive_average_pool(features, 1))

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "norm": self.norm}


def adaptive_average_pool(maps: Tensor, bins: int) -> Tensor:
    """Means over `bins` x `bins` regions of maps of any size: (n, h, w, c) -> (n, bins, bins, c).

    Region i of h rows is from floor(i h / bins) up to ceil((i + 1) h / bins), as in `torch.nn.AdaptiveAvgPool2d`:
    regions overlap where h is no multiple, and repeat where there are fewer rows than regions.
    """
    wide = ops.cast(maps, "float32")
    if bins == 1:
        return ops.cast(ops.mean(wide, axis=(1, 2), keepdims=True), maps.dtype)
    rows, columns = (_shares(length, bins) for length in ops.shape(maps)[1:3])
    pooled = ops.einsum("ih,nhwc->niwc", rows, wide)
    return ops.cast(ops.einsum("jw,niwc->nijc", columns, pooled), maps.dtype)


def _shares(length: int, bins: int) -> Tensor:
    """Row i holds each pixel's share in the mean of region i: (bins, length)."""
    pixels, regions = ops.arange(length)[None], ops.arange(bins)[:, None]
    starts, ends = regions * length // bins, -((-(regions + 1) * length) // bins)
    inside = ops.cast(ops.logical_and(pixels >= starts, pixels < ends), "float32")
    return inside / ops.sum(inside, axis=1, keepdims=True)


def _activated(features: Tensor, norm: keras.layers.Layer | None, training: bool | None) -> Tensor:
    return ops.relu(features if norm is None else norm(features, training=training))

"""Densely connected convolutions (Huang et al. 2017)."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.blocks import make_norm
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class DenseUnit(keras.layers.Layer):
    """Normalize, ReLU, convolve, drop: (n, h, w, c) -> the new channels (n, h, w, growth).

    Args:
        growth: new channels.
        bottleneck: channels of a 1 x 1 convolution ahead of the 3 x 3 one, normalized too; None for none.
        dropout: share of the values that training drops.
        use_bias: in the convolutions.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        growth: int,
        *,
        bottleneck: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = False,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.growth = growth
        self.bottleneck = bottleneck
        self.dropout = dropout
        self.use_bias = use_bias
        self.norm = norm
        options = {"padding": "same", "use_bias": use_bias, "dtype": self.dtype_policy}
        self.convolutions = [keras.layers.Conv2D(growth, 3, **options)]
        if bottleneck:
            self.convolutions.insert(0, keras.layers.Conv2D(bottleneck, 1, **options))
        self.normalizations: list[keras.layers.Layer] = []
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, shape: Shape) -> None:
        for convolution in self.convolutions:
            if self.norm:
                self.normalizations.append(make_norm(self.norm, shape[-1], dtype=self.dtype_policy))
                self.normalizations[-1].build(shape)
            convolution.build(shape)
            shape = (*shape[:-1], convolution.filters)
        self.drop.build(shape)

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        for k, convolution in enumerate(self.convolutions):
            if self.norm:
                features = self.normalizations[k](features, training=training)
            features = convolution(ops.relu(features))
        return self.drop(features, training=training)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.growth)

    def get_config(self) -> Config:
        return super().get_config() | {
            "growth": self.growth,
            "bottleneck": self.bottleneck,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "norm": self.norm,
        }


@keras.saving.register_keras_serializable("seqseg")
class DenseBlock(keras.layers.Layer):
    """Units that each read all that came before: (n, h, w, c) -> (n, h, w, c + units * growth).

    Args:
        units: how many.
        growth: new channels of each.
        keep: False gives the new channels alone, as the way up of FC-DenseNet does (Jégou et al. 2017).
        bottleneck, dropout, use_bias, norm: `DenseUnit`'s.
    """

    def __init__(
        self,
        units: int,
        growth: int,
        *,
        keep: bool = True,
        bottleneck: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = False,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.growth = growth
        self.keep = keep
        self.unit_options: Config = {"bottleneck": bottleneck, "dropout": dropout, "use_bias": use_bias, "norm": norm}
        options = self.unit_options | {"dtype": self.dtype_policy}
        self.units = [DenseUnit(growth, **options) for _ in range(units)]

    def build(self, shape: Shape) -> None:
        for unit in self.units:
            unit.build(shape)
            shape = (*shape[:-1], shape[-1] + self.growth)

    def call(self, features: Tensor, training: bool | None = None) -> Tensor:
        maps = [features]
        for unit in self.units:
            maps.append(unit(ops.concatenate(maps, axis=-1), training=training))
        return ops.concatenate(maps if self.keep else maps[1:], axis=-1)

    def compute_output_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], len(self.units) * self.growth + (shape[-1] if self.keep else 0))

    def get_config(self) -> Config:
        return super().get_config() | {
            "units": len(self.units),
            "growth": self.growth,
            "keep": self.keep,
            **self.unit_options,
        }

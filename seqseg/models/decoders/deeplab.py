"""DeepLab's decoders: ASPP on the coarsest level, and for V3+ one finer level beside it."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers import ASPP, ContextConv, ConvNorm, resize_to
from seqseg.layers.tensor import Config, Shape, Tensor
from seqseg.models.decoders.chosen_levels import fine_level, stride_of


@keras.saving.register_keras_serializable("seqseg")
class DeepLabV3Decoder(keras.layers.Layer):
    """ASPP and a 3 x 3 convolution on the coarsest level (Chen et al. 2017): -> (n, h, w, filters) there.

    Made for an encoder with `output_stride` 8 or 16.

    Args:
        filters: channels.
        rates: dilations of the ASPP; None takes 6, 12, 18 at stride 16, twice that at 8 and finer, half at 32.
        separable: separable convolutions.
        dropout: share of the ASPP's values that training drops.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        *,
        filters: int = 256,
        rates: Sequence[int] | None = None,
        separable: bool = False,
        dropout: float = 0.1,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.rates = None if rates is None else tuple(rates)
        self.separable = separable
        self.dropout = dropout
        self.norm = norm
        self.refine = ContextConv(filters, separable=separable, norm=norm, dtype=self.dtype_policy)

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        self.coarsest = tuple(pyramid_shapes)[-1]
        self.aspp = _aspp(self, self.coarsest)
        self.aspp.build(pyramid_shapes[self.coarsest])
        self.refine.build((None, None, None, self.filters))

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        return self.refine(self.aspp(pyramid[self.coarsest], training=training), training=training)

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return levels[-1]

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        return (*tuple(pyramid_shapes.values())[-1][:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | _aspp_config(self)


@keras.saving.register_keras_serializable("seqseg")
class DeepLabV3PlusDecoder(keras.layers.Layer):
    """ASPP, enlarged, joined with a finer level, and two 3 x 3 convolutions (Chen et al. 2018): -> (n, h, w, filters).

    The finer level is "P2", four times smaller than the image, or the coarsest finer than that. Made for an encoder
    with `output_stride` 16.

    Args:
        filters: channels of the ASPP and the convolutions.
        skip_filters: channels that the finer level is reduced to.
        rates: dilations of the ASPP; None takes 6, 12, 18 at stride 16, twice that at 8 and finer, half at 32.
        separable: separable convolutions, as the paper has them.
        dropout: share of the ASPP's values that training drops.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        *,
        filters: int = 256,
        skip_filters: int = 48,
        rates: Sequence[int] | None = None,
        separable: bool = True,
        dropout: float = 0.1,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.skip_filters = skip_filters
        self.rates = None if rates is None else tuple(rates)
        self.separable = separable
        self.dropout = dropout
        self.norm = norm
        self.reduce = ConvNorm(skip_filters, kernel_size=1, norm=norm, dtype=self.dtype_policy)
        options = {"separable": separable, "norm": norm, "dtype": self.dtype_policy}
        self.refine = [ContextConv(filters, **options) for _ in range(2)]

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        levels = tuple(pyramid_shapes)
        self.coarsest, self.finer = levels[-1], self.output_level(levels)
        self.aspp = _aspp(self, self.coarsest)
        self.aspp.build(pyramid_shapes[self.coarsest])
        self.reduce.build(pyramid_shapes[self.finer])
        self.refine[0].build((None, None, None, self.filters + self.skip_filters))
        self.refine[1].build((None, None, None, self.filters))

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        skip = self.reduce(pyramid[self.finer], training=training)
        context = resize_to(self.aspp(pyramid[self.coarsest], training=training), ops.shape(skip)[1:3])
        features = ops.concatenate([ops.cast(context, self.compute_dtype), skip], axis=-1)
        for refine in self.refine:
            features = refine(features, training=training)
        return features

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return fine_level(tuple(levels), 4)

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        return (*pyramid_shapes[self.output_level(tuple(pyramid_shapes))][:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | _aspp_config(self) | {"skip_filters": self.skip_filters}


def _aspp(decoder: Any, level: str) -> Tensor:
    rates = decoder.rates or tuple(rate * 16 // min(max(stride_of(level), 8), 32) for rate in (6, 12, 18))
    return ASPP(
        decoder.filters,
        rates=rates,
        separable=decoder.separable,
        dropout=decoder.dropout,
        norm=decoder.norm,
        dtype=decoder.dtype_policy,
    )


def _aspp_config(decoder: Any) -> dict[str, Any]:
    names = ("filters", "rates", "separable", "dropout", "norm")
    return {name: getattr(decoder, name) for name in names}

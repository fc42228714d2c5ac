"""PSPNet's decoder: means over regions beside the coarsest level."""

from collections.abc import Sequence
from typing import Any

import keras

from seqseg.layers import ConvNorm, PyramidPooling
from seqseg.layers.tensor import Config, Shape, Tensor


@keras.saving.register_keras_serializable("seqseg")
class PSPDecoder(keras.layers.Layer):
    """Pyramid pooling and a 3 x 3 convolution on the coarsest level (Zhao et al. 2017): -> (n, h, w, filters) there.

    Made for an encoder with `output_stride` 8.

    Args:
        filters: channels of the output; None takes a quarter of the coarsest level's, the paper's 512 of 2048.
        bins: regions along each side of the map.
        dropout: share of the values that training drops at the end.
        norm: "batch", "group" or None.
    """

    def __init__(
        self,
        *,
        filters: int | None = None,
        bins: Sequence[int] = (1, 2, 3, 6),
        dropout: float = 0.1,
        norm: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.bins = tuple(bins)
        self.dropout = dropout
        self.norm = norm
        self.pooling = PyramidPooling(bins=self.bins, norm=norm, dtype=self.dtype_policy)
        self.drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        self.coarsest = tuple(pyramid_shapes)[-1]
        shape = pyramid_shapes[self.coarsest]
        self.filters = self.filters or max(shape[-1] // 4, 1)
        self.refine = ConvNorm(self.filters, norm=self.norm, dtype=self.dtype_policy)
        self.pooling.build(shape)
        self.refine.build(self.pooling.compute_output_shape(shape))
        self.drop.build((*shape[:-1], self.filters))

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        features = self.pooling(pyramid[self.coarsest], training=training)
        return self.drop(self.refine(features, training=training), training=training)

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return levels[-1]

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        shape = tuple(pyramid_shapes.values())[-1]
        return (*shape[:-1], self.filters or max(shape[-1] // 4, 1))

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "bins": self.bins,
            "dropout": self.dropout,
            "norm": self.norm,
        }

"""LR-ASPP, MobileNetV3's decoder."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers import LiteASPP, resize_to
from seqseg.layers.tensor import Config, Shape, Tensor
from seqseg.models.decoders.chosen_levels import fine_level


@keras.saving.register_keras_serializable("seqseg")
class LRASPPDecoder(keras.layers.Layer):
    """A `LiteASPP` of the coarsest level, enlarged and joined with a finer one (Howard et al. 2019): -> (n, h, w, c).

    The finer level is "P3", or the coarsest finer than that. The paper scores both and adds; the model's head over both
    side by side is the same with one bias less.

    Args:
        filters: channels of the coarse part.
        norm: "batch", "group" or None.
    """

    def __init__(self, *, filters: int = 128, norm: str | None = "batch", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.norm = norm
        self.context = LiteASPP(filters, norm=norm, dtype=self.dtype_policy)

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        levels = tuple(pyramid_shapes)
        self.coarsest, self.finer = levels[-1], self.output_level(levels)
        self.context.build(pyramid_shapes[self.coarsest])

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        fine = pyramid[self.finer]
        coarse = resize_to(self.context(pyramid[self.coarsest], training=training), ops.shape(fine)[1:3])
        return ops.concatenate([fine, ops.cast(coarse, self.compute_dtype)], axis=-1)

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return fine_level(tuple(levels), 8)

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        fine = pyramid_shapes[self.output_level(tuple(pyramid_shapes))]
        return (*fine[:-1], fine[-1] + self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {"filters": self.filters, "norm": self.norm}

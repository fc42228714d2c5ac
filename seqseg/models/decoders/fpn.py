"""The feature pyramid network with its semantic head."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from seqseg.layers import ConvNorm, make_upsampling, resize_to
from seqseg.layers.tensor import Config, Shape, Tensor
from seqseg.models.decoders.chosen_levels import factor_between, stride_of


@keras.saving.register_keras_serializable("seqseg")
class FPNDecoder(keras.layers.Layer):
    """A feature pyramid (Lin et al. 2017) whose levels are brought to one size and added: -> (n, h, w, filters).

    The semantic branch of panoptic FPN (Kirillov et al. 2019): at every level as many 3 x 3 convolutions, each followed
    by a bilinear doubling, as it takes to reach the finest level read; at that one, a single convolution.

    Args:
        filters: channels of the sum.
        pyramid_filters: channels of the pyramid.
        finest: the finest level read is the first whose stride is at least this; with fewer than two such, all are.
        norm: "batch", "group" (the original) or None in the semantic branch.
    """

    def __init__(
        self,
        *,
        filters: int = 128,
        pyramid_filters: int = 256,
        finest: int = 4,
        norm: str | None = "group",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.pyramid_filters = pyramid_filters
        self.finest = finest
        self.norm = norm
        self.lateral: list[keras.layers.Layer] = []
        self.smooth: list[keras.layers.Layer] = []
        self.branches: list[keras.layers.Layer] = []

    def build(self, pyramid_shapes: dict[str, Shape]) -> None:
        self.read = self._levels_read(tuple(pyramid_shapes))
        width, dtype = self.pyramid_filters, self.dtype_policy
        self.lateral = [keras.layers.Conv2D(width, 1, dtype=dtype) for _ in self.read]
        self.smooth = [keras.layers.Conv2D(width, 3, padding="same", dtype=dtype) for _ in self.read]
        self.enlarge = [
            make_upsampling("nearest", factor_between(coarse, fine), dtype=dtype)
            for fine, coarse in zip(self.read, self.read[1:], strict=False)
        ]
        for layer, level in zip(self.lateral, self.read, strict=True):
            layer.build(pyramid_shapes[level])
        for layer in self.smooth:
            layer.build((None, None, None, width))
        # One flat list: Keras saves a list of layers, but not a list of lists.
        self.depths = [max(k, 1) for k in range(len(self.read))]
        self.branches = [ConvNorm(self.filters, norm=self.norm, dtype=dtype) for _ in range(sum(self.depths))]
        for layer, first in zip(self.branches, self._firsts(), strict=True):
            layer.build((None, None, None, width if first else self.filters))

    def call(self, pyramid: dict[str, Tensor], training: bool | None = None) -> Tensor:
        return self._added(self._top_down(pyramid), training)

    def output_level(self, levels: Sequence[str]) -> str:
        """The level whose size the features have."""
        return self._levels_read(tuple(levels))[0]

    def compute_output_shape(self, pyramid_shapes: dict[str, Shape]) -> Shape:
        return (*pyramid_shapes[self.output_level(tuple(pyramid_shapes))][:-1], self.filters)

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "pyramid_filters": self.pyramid_filters,
            "finest": self.finest,
            "norm": self.norm,
        }

    def _levels_read(self, levels: Sequence[str]) -> Tensor:
        wanted = tuple(level for level in levels if stride_of(level) >= self.finest)
        return wanted if len(wanted) > 1 else levels

    def _firsts(self) -> list[Any]:
        return [k == 0 for depth in self.depths for k in range(depth)]

    def _top_down(self, pyramid: dict[str, Tensor]) -> list[Any]:
        """The pyramid's maps, from the finest to the coarsest."""
        maps = [lateral(pyramid[level]) for lateral, level in zip(self.lateral, self.read, strict=True)]
        for k in range(len(maps) - 2, -1, -1):
            maps[k] = maps[k] + self.enlarge[k](maps[k + 1], maps[k])
        return [smooth(features) for smooth, features in zip(self.smooth, maps, strict=True)]

    def _added(self, maps: Tensor, training: bool | None) -> Tensor:
        sizes = [ops.shape(features)[1:3] for features in maps]
        branches, total = iter(self.branches), None
        for k, (features, depth) in enumerate(zip(maps, self.depths, strict=True)):
            for step in range(depth):
                features = next(branches)(features, training=training)
                size = sizes[max(k - step - 1, 0)]
                features = ops.cast(resize_to(features, size), self.compute_dtype)
            total = features if total is None else total + features
        return total

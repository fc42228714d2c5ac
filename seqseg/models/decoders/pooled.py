"""The decoder of DeepLab on phones: the whole map's mean beside each point, and edges from a finer level."""

from typing import Any

import keras
from keras import ops

from seqseg.layers import ASPP, ConvNorm, resize_to
from seqseg.models.decoders.chosen_levels import factor_between, fine_level


@keras.saving.register_keras_serializable("seqseg")
class PooledDecoder(keras.layers.Layer):
    """Scores of the coarsest level and its mean, corrected along edges by a finer level: -> scores (n, h, w, classes).

    The coarse part is DeepLabV3 without dilated branches, as MobileNetV2's authors run it on phones (Sandler et al.
    2018): a 1 x 1 convolution and the mean of the map, joined. The scores are enlarged to "P2", four times smaller than
    the image, and two convolutions look at them and at that level's features.

    Args:
        classes: maps of scores.
        filters: channels of the coarse part.
        edge_filters: channels of the correction; 0 for none, and scores at the coarsest level.
        zero_edges: the correction begins at nothing, so that a trained network that gets one stays what it is.
        dropout: share of the coarse part's values that training drops.
        norm: "batch", "group" or None in the coarse part.
    """

    gives_scores = True

    def __init__(
        self,
        classes: int,
        *,
        filters: int = 256,
        edge_filters: int = 32,
        zero_edges: bool = False,
        dropout: float = 0.0,
        norm: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.filters = filters
        self.edge_filters = edge_filters
        self.zero_edges = zero_edges
        self.dropout = dropout
        self.norm = norm
        self.context = ASPP(filters, rates=(), dropout=dropout, norm=norm, dtype=self.dtype_policy, name="context")
        self.scores = keras.layers.Conv2D(classes, 1, dtype="float32", name="scores")
        self.edges, self.correct = None, None
        if edge_filters:
            self.edges = ConvNorm(edge_filters, norm=None, dtype=self.dtype_policy, name="edges")
            start = "zeros" if zero_edges else "glorot_uniform"
            self.correct = keras.layers.Conv2D(
                classes, 3, padding="same", kernel_initializer=start, dtype="float32", name="correct"
            )

    def build(self, pyramid_shapes):
        levels = tuple(pyramid_shapes)
        self.coarsest, self.finer = levels[-1], self.output_level(levels)
        self.context.build(pyramid_shapes[self.coarsest])
        self.scores.build((None, None, None, self.filters))
        if self.edges is not None:
            self.edges.build((None, None, None, pyramid_shapes[self.finer][-1] + self.classes))
            self.correct.build((None, None, None, self.edge_filters))

    def call(self, pyramid, training=None):
        scores = self.scores(self.context(pyramid[self.coarsest], training=training))
        if self.edges is None:
            return scores
        fine = pyramid[self.finer]
        scores = self._enlarged(scores, *ops.shape(fine)[1:3])
        both = ops.concatenate([fine, ops.cast(scores, fine.dtype)], axis=-1)
        return scores + self.correct(self.edges(both))

    def _enlarged(self, scores, height, width):
        """By a whole factor, then cut: levels are rounded up, and stretched to the finer size they would shift."""
        factor = factor_between(self.coarsest, self.finer)
        _, rows, columns, _ = ops.shape(scores)
        return resize_to(scores, (factor * rows, factor * columns))[:, :height, :width]

    def output_level(self, levels: tuple[str, ...]) -> str:
        """The level whose size the scores have."""
        return fine_level(tuple(levels), 4) if self.edge_filters else levels[-1]

    def compute_output_shape(self, pyramid_shapes):
        return (*pyramid_shapes[self.output_level(tuple(pyramid_shapes))][:-1], self.classes)

    def get_config(self):
        return super().get_config() | {
            "classes": self.classes,
            "filters": self.filters,
            "edge_filters": self.edge_filters,
            "zero_edges": self.zero_edges,
            "dropout": self.dropout,
            "norm": self.norm,
        }

"""A cell with a normalization after it, or as a residual that starts at zero."""

from typing import Any

import keras

from seqseg.layers import fold, make_norm, unfold, unroll
from seqseg.layers.tensor import Config, Shape, State, Tensor


@keras.saving.register_keras_serializable("seqseg")
class Memory(keras.layers.Layer):
    """A cell with a normalization after it, or added to what it sees: clips (n, t, h, w, c) -> (n, t, h, w, c').

    As a residual, the cell's output passes a 1 x 1 convolution that starts at zero and is added to the features: a new
    memory in a trained network changes nothing until training finds a use for it.

    Args:
        cell: a `ConvLSTM` or `ConvGRU`.
        norm: "batch", "group" or None, after the cell.
        residual: add to the features rather than take their place.
        warp: move the state along by the motion between the frames before every step; the model finds the motion.

    Example:
        >>> memory = Memory(ConvGRU(16), residual=True)
        >>> memory.build((None, 24, 32, 8))  # the shape of a frame
        >>> outputs, state = memory(ops.ones((1, 4, 24, 32, 8)), memory.initial_state(1, 24, 32))
    """

    def __init__(
        self, cell: Any, *, norm: str | None = None, residual: bool = False, warp: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.cell = cell
        self.norm = norm
        self.residual = residual
        self.warp = warp
        self.normalization = make_norm(norm, cell.filters, dtype=self.dtype_policy)
        self.projection: keras.layers.Layer | None = None

    @property
    def filters(self) -> int:
        """The channels of the state."""
        return self.cell.filters

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.cell.state_names

    def output_channels(self, channels: int) -> int:
        """The channels of the output, for input of `channels`."""
        return channels if self.residual else self.cell.filters

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for maps of `height` x `width`."""
        return self.cell.initial_state(batch, height, width)

    def build(self, features_shape: Shape, *_: Any) -> None:
        if not self.cell.built:  # one read from a file comes built
            self.cell.build(features_shape)
        remembered = (*features_shape[:-1], self.cell.filters)
        if self.normalization is not None:
            self.normalization.build(remembered)
        if self.residual:
            self.projection = keras.layers.Conv2D(
                features_shape[-1], 1, kernel_initializer="zeros", dtype=self.dtype_policy, name="projection"
            )
            self.projection.build(remembered)

    def call(
        self, clip: Tensor, state: State, training: bool | None = None, flow: Tensor | None = None
    ) -> tuple[Tensor, State]:
        outputs, state = unroll(self.cell, clip, state, flow)
        if self.normalization is None and not self.residual:
            return outputs, state
        outputs = fold(outputs)
        if self.normalization is not None:
            outputs = self.normalization(outputs, training=training)
        if self.projection is not None:
            added = self.projection(outputs)
            outputs = fold(clip) + keras.ops.cast(added, clip.dtype)
        return unfold(outputs, keras.ops.shape(clip)[1]), state

    def get_config(self) -> Config:
        return super().get_config() | {
            "cell": keras.saving.serialize_keras_object(self.cell),
            "norm": self.norm,
            "residual": self.residual,
            "warp": self.warp,
        }

    @classmethod
    def from_config(cls, config: Config) -> "Memory":
        return cls(**(config | {"cell": keras.saving.deserialize_keras_object(config["cell"])}))

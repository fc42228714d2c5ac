"""The mean of logits over time with learned weights at every place."""

import math
from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Shape, State, Tensor

LEAST = 0.01
"""What a new frame weighs at least, so that a fresh memory shows it."""


@keras.saving.register_keras_serializable("seqseg")
class GatedMean(keras.layers.Layer):
    """A moving mean with two learned gates by place and class: how much is kept, and the weight of the new frame.

    The gates see the probabilities of the new frame and of the mean around a place: where they differ, either the mean
    is out of date or the frame is damaged; which of the two is learned. A new one is `MovingMean`
    with `factor`. The state is as there: the sums of logits and of weights, {"sum": (n, h, w, classes), "weight": …}.

    Args:
        factor: what of the mean is kept at the beginning, between 0 and 1.
        width: channels between what the gates see and the gates.
        kernel_size: side of the square of pixels that they see.

    Example:
        >>> cell = GatedMean(factor=0.5)
        >>> cell.build((None, 24, 32, 11))
        >>> logits, state = cell(ops.ones((1, 24, 32, 11)), cell.initial_state(1, 24, 32))
    """

    state_names = ("sum", "weight")
    of_scores = True

    def __init__(self, *, factor: float = 0.8, width: int = 16, kernel_size: int = 3, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.factor = factor
        self.width = width
        self.kernel_size = kernel_size
        self.filters = 0

    def build(self, features_shape: Shape, *_: Any) -> None:
        self.filters = features_shape[-1]
        seen = (self.kernel_size, self.kernel_size, self.filters, self.width)
        start = keras.initializers.Constant(math.log(self.factor / (1 - self.factor)))
        self.kernel = self._add("kernel", seen, "glorot_uniform")
        self.mean_kernel = self._add("mean_kernel", seen, "glorot_uniform")
        self.bias = self._add("bias", (self.width,), "zeros")
        self.gates_kernel = self._add("gates_kernel", (1, 1, self.width, 2 * self.filters), "zeros")
        self.gate = self._add("gate", (self.filters,), start)

    def call(self, features: Tensor, state: State) -> tuple[Tensor, State]:
        state = self.step(self.project(features), state)
        return self.output(state), state

    def project(self, features: Tensor) -> Tensor:
        """The logits, and what the gates see of them."""
        features = ops.cast(features, "float32")
        seen = ops.conv(ops.softmax(features), self.kernel, padding="same") + self.bias
        return ops.concatenate([features, seen], axis=-1)

    def step(self, projected: Tensor, state: State) -> State:
        logits, seen = ops.split(projected, [self.filters], axis=-1)
        known = ops.cast(state["weight"] > LEAST / 10, "float32")
        mean = ops.softmax(state["sum"] / (state["weight"] + LEAST / 10)) * known
        hidden = ops.relu(seen + ops.conv(mean, self.mean_kernel, padding="same"))
        keep, admit = ops.split(ops.conv(hidden, self.gates_kernel, padding="same"), 2, axis=-1)
        kept = ops.sigmoid(self.gate + keep)
        weight = ops.maximum(2 * ops.sigmoid(admit), LEAST)
        return {"sum": kept * state["sum"] + weight * logits, "weight": kept * state["weight"] + weight}

    def output(self, state: State) -> Tensor:
        """The mean."""
        return state["sum"] / state["weight"]

    def output_channels(self, channels: int) -> int:
        """As many as it is given."""
        return channels

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for maps of `height` x `width`."""
        return {name: ops.zeros((batch, height, width, self.filters)) for name in self.state_names}

    def get_config(self) -> Config:
        return super().get_config() | {"factor": self.factor, "width": self.width, "kernel_size": self.kernel_size}

    def _add(self, name: str, shape: Shape, initializer: Any) -> Tensor:
        return self.add_weight(shape, initializer=initializer, dtype="float32", name=name)

"""The mean of logits over time as a memory: what `seqseg stream --smooth` does, inside the network and learned."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqseg")
class MovingMean(keras.layers.Layer):
    """A moving mean with one weight a class: a frame k frames back weighs `factor ** k`, each class by its own factor.

    Its state is the sum of the logits and of their weights, {"sum": (n, h, w, classes), "weight": the same}; where it
    is empty, the new frame passes unchanged.

    Args:
        factor: what every class begins with, between 0 and 1.

    Example:
        >>> cell = MovingMean(factor=0.5)
        >>> cell.build((None, 24, 32, 11))
        >>> logits, state = cell(ops.ones((1, 24, 32, 11)), cell.initial_state(1, 24, 32))
    """

    state_names = ("sum", "weight")
    of_scores = True

    def __init__(self, *, factor=0.6, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.factor = factor
        self.filters = None

    def build(self, features_shape, *_):
        self.filters = features_shape[-1]
        start = keras.initializers.Constant(math.log(self.factor / (1 - self.factor)))
        self.gate = self.add_weight((self.filters,), initializer=start, dtype="float32", name="gate")

    def call(self, features, state):
        state = self.step(self.project(features), state)
        return self.output(state), state

    def project(self, features):
        return ops.cast(features, "float32")

    def step(self, projected, state):
        kept = ops.sigmoid(self.gate)
        return {"sum": kept * state["sum"] + projected, "weight": kept * state["weight"] + 1}

    def output(self, state):
        return state["sum"] / state["weight"]

    def output_channels(self, channels):
        """The number of output channels, that of the input."""
        return channels

    def initial_state(self, batch, height, width):
        """An empty memory for maps of `height` x `width`."""
        return {name: ops.zeros((batch, height, width, self.filters)) for name in self.state_names}

    def get_config(self):
        return super().get_config() | {"factor": self.factor}

"""Recurrent cells: one frame and an explicit state in, output and new state out. Any height, width and batch."""

from typing import Any

import keras
from keras import ops

from seqseg.layers.tensor import Config, Shape, State, Tensor


class ConvCell(keras.layers.Layer):
    """Base class of the convolutional cells; a subclass defines its gates in `build` and `step`.

    The input half of the gates does not depend on the state: `project` computes it, for many frames at once.

    Args:
        filters: channels of the state and of the output.
        kernel_size: side of the square kernels.
        activation: of the candidate and the output. tanh keeps the state bounded; image-models used relu.
        recurrent_activation: of the gates.
    """

    state_names: tuple[str, ...] = ()

    def __init__(
        self,
        filters: int,
        *,
        kernel_size: int = 3,
        activation: str = "tanh",
        recurrent_activation: str = "sigmoid",
        **kwargs: Any,
    ) -> None:
        # Otherwise Keras casts the state to half precision, too.
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)

    def call(self, features: Tensor, state: State) -> tuple[Tensor, State]:
        state = self.step(self.project(features), state)
        return self.output(state), state

    def project(self, features: Tensor) -> Tensor:
        """The input half of all gates: (n, h, w, c) -> (n, h, w, gates * filters)."""
        return self.convolve(features, self.kernel) + ops.cast(self.bias, self.compute_dtype)

    def step(self, projected: Tensor, state: State) -> State:
        """The recurrent half: `project`'s result and the state before -> the state after."""
        raise NotImplementedError

    def output(self, state: State) -> Tensor:
        """What the next layer sees of the state."""
        return ops.cast(state["h"], self.compute_dtype)

    def output_channels(self, _: int) -> int:
        """The number of output channels, for any input."""
        return self.filters

    def initial_state(self, batch: int, height: int, width: int) -> State:
        """An empty memory for maps of `height` x `width`."""
        shape = (batch, height, width, self.filters)
        return {name: ops.zeros(shape, self.variable_dtype) for name in self.state_names}

    def convolve(self, maps: Tensor, kernel: Tensor) -> Tensor:
        """With "same" padding, in the precision of the layer."""
        return ops.conv(ops.cast(maps, self.compute_dtype), ops.cast(kernel, self.compute_dtype), padding="same")

    def add_kernel(self, name: str, channels: int, outputs: int, initializer: str = "orthogonal") -> Tensor:
        """A weight (k, k, channels, outputs)."""
        shape = (self.kernel_size, self.kernel_size, channels, outputs)
        return self.add_weight(shape, initializer=initializer, name=name)

    def get_config(self) -> Config:
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
        }


@keras.saving.register_keras_serializable("seqseg")
class ConvLSTM(ConvCell):
    """One step of a convolutional LSTM (Shi et al. 2015), the equations and weights of `keras.layers.ConvLSTM2D`.

    The state is `{"h": (n, h, w, filters), "c": (n, h, w, filters)}`, kept in float32 under mixed precision, since it
    is carried through thousands of frames. The arguments are `ConvCell`'s.

    Example:
        >>> cell = ConvLSTM(16)
        >>> output, state = cell(features, cell.initial_state(2, 24, 32))
    """

    state_names = ("h", "c")

    def build(self, features_shape: Shape, *_: Any) -> None:
        gates = 4 * self.filters
        self.kernel = self.add_kernel("kernel", features_shape[-1], gates, "glorot_uniform")
        self.recurrent_kernel = self.add_kernel("recurrent_kernel", self.filters, gates)
        self.bias = self.add_weight((gates,), initializer=_open_forget_gate, name="bias")

    def step(self, projected: Tensor, state: State) -> State:
        gates = ops.cast(projected + self.convolve(state["h"], self.recurrent_kernel), state["c"].dtype)
        admit, forget, candidate, emit = ops.split(gates, 4, axis=-1)
        kept = self.recurrent_activation(forget) * state["c"]
        c = kept + self.recurrent_activation(admit) * self.activation(candidate)
        return {"h": self.recurrent_activation(emit) * self.activation(c), "c": c}


@keras.saving.register_keras_serializable("seqseg")
class ConvGRU(ConvCell):
    """One step of a convolutional GRU (Ballas et al. 2015), three quarters of the weights of a `ConvLSTM`.

    The state is `{"h": (n, h, w, filters)}`, kept in float32 under mixed precision. The arguments are `ConvCell`'s.

    Example:
        >>> cell = ConvGRU(16)
        >>> output, state = cell(features, cell.initial_state(2, 24, 32))
    """

    state_names = ("h",)

    def build(self, features_shape: Shape, *_: Any) -> None:
        self.kernel = self.add_kernel("kernel", features_shape[-1], 3 * self.filters, "glorot_uniform")
        self.gates_kernel = self.add_kernel("gates_kernel", self.filters, 2 * self.filters)
        self.candidate_kernel = self.add_kernel("candidate_kernel", self.filters, self.filters)
        self.bias = self.add_weight((3 * self.filters,), initializer="zeros", name="bias")

    def step(self, projected: Tensor, state: State) -> State:
        h = state["h"]
        gates, candidate = ops.split(projected, [2 * self.filters], axis=-1)
        gates = gates + self.convolve(h, self.gates_kernel)
        reset, update = ops.split(ops.cast(self.recurrent_activation(gates), h.dtype), 2, axis=-1)
        recalled = self.convolve(reset * h, self.candidate_kernel)
        fresh = ops.cast(self.activation(candidate + recalled), h.dtype)
        return {"h": (1 - update) * h + update * fresh}


@keras.saving.register_keras_serializable("seqseg")  # type: ignore[untyped-decorator]
def _open_forget_gate(shape: Shape, dtype: Any = None) -> Tensor:
    """Biases of zero, and of one for the forget gate (Jozefowicz et al. 2015), in ConvLSTM2D's order i, f, c, o."""
    quarter = shape[0] // 4
    return ops.concatenate([ops.zeros(quarter, dtype), ops.ones(quarter, dtype), ops.zeros(2 * quarter, dtype)])

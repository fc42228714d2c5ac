"""Recurrent cells: one frame in, the state carried by hand. Any height, width and batch."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqseg")
class ConvLSTM(keras.layers.Layer):
    """One step of a convolutional LSTM (Shi et al. 2015), the equations and weights of `keras.layers.ConvLSTM2D`.

    The state is `{"h": (n, h, w, filters), "c": (n, h, w, filters)}`, kept in float32 under mixed precision, since it
    is carried through thousands of frames.

    Args:
        filters: channels of the state and of the output.
        kernel_size: side of the square kernels.
        activation: of the candidate and the output. tanh keeps the state bounded; relu is what image-models used.
        recurrent_activation: of the gates.

    Example:
        >>> cell = ConvLSTM(16)
        >>> output, state = cell(features, cell.initial_state(2, 24, 32))
    """

    state_names = ("h", "c")

    def __init__(self, filters, *, kernel_size=3, activation="tanh", recurrent_activation="sigmoid", **kwargs):
        # Keras would cast the state, too, to half precision on its way in.
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)

    def build(self, features_shape, *_):
        shape = (self.kernel_size, self.kernel_size)
        gates = 4 * self.filters
        self.kernel = self.add_weight((*shape, features_shape[-1], gates), initializer="glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (*shape, self.filters, gates), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((gates,), initializer=_open_forget_gate, name="bias")

    def call(self, features, state):
        state = self.step(self.project(features), state)
        return self.output(state), state

    def project(self, features):
        """The input half of all gates: (n, h, w, c) -> (n, h, w, 4 * filters)."""
        return _conv(self, features, self.kernel) + ops.cast(self.bias, self.compute_dtype)

    def step(self, projected, state):
        """The recurrent half: `project`'s result and the state before -> the state after."""
        gates = ops.cast(projected + _conv(self, state["h"], self.recurrent_kernel), state["c"].dtype)
        admit, forget, candidate, emit = ops.split(gates, 4, axis=-1)
        kept = self.recurrent_activation(forget) * state["c"]
        c = kept + self.recurrent_activation(admit) * self.activation(candidate)
        return {"h": self.recurrent_activation(emit) * self.activation(c), "c": c}

    def output(self, state):
        return ops.cast(state["h"], self.compute_dtype)

    def output_channels(self, _):
        """The channels of the output, for input of any."""
        return self.filters

    def initial_state(self, batch, height, width):
        """An empty memory for maps of `height` x `width`."""
        return _zeros(self, batch, height, width)

    def get_config(self):
        return super().get_config() | _cell_config(self)


@keras.saving.register_keras_serializable("seqseg")
class ConvGRU(keras.layers.Layer):
    """One step of a convolutional GRU (Ballas et al. 2015), three quarters of the weights of a `ConvLSTM`.

    The state is `{"h": (n, h, w, filters)}`, kept in float32 under mixed precision. The arguments are `ConvLSTM`'s.

    Example:
        >>> cell = ConvGRU(16)
        >>> output, state = cell(features, cell.initial_state(2, 24, 32))
    """

    state_names = ("h",)

    def __init__(self, filters, *, kernel_size=3, activation="tanh", recurrent_activation="sigmoid", **kwargs):
        # Keras would cast the state, too, to half precision on its way in.
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)

    def build(self, features_shape, *_):
        shape = (self.kernel_size, self.kernel_size)
        wide = 3 * self.filters
        self.kernel = self.add_weight((*shape, features_shape[-1], wide), initializer="glorot_uniform", name="kernel")
        self.gates_kernel = self.add_weight(
            (*shape, self.filters, 2 * self.filters), initializer="orthogonal", name="gates_kernel"
        )
        self.candidate_kernel = self.add_weight(
            (*shape, self.filters, self.filters), initializer="orthogonal", name="candidate_kernel"
        )
        self.bias = self.add_weight((wide,), initializer="zeros", name="bias")

    def call(self, features, state):
        state = self.step(self.project(features), state)
        return self.output(state), state

    def project(self, features):
        """The input half of gates and candidate: (n, h, w, c) -> (n, h, w, 3 * filters)."""
        return _conv(self, features, self.kernel) + ops.cast(self.bias, self.compute_dtype)

    def step(self, projected, state):
        """The recurrent half: `project`'s result and the state before -> the state after."""
        h = state["h"]
        gates, candidate = ops.split(projected, [2 * self.filters], axis=-1)
        gates = gates + _conv(self, h, self.gates_kernel)
        reset, update = ops.split(ops.cast(self.recurrent_activation(gates), h.dtype), 2, axis=-1)
        recalled = _conv(self, reset * h, self.candidate_kernel)
        fresh = ops.cast(self.activation(candidate + recalled), h.dtype)
        return {"h": (1 - update) * h + update * fresh}

    def output(self, state):
        return ops.cast(state["h"], self.compute_dtype)

    def output_channels(self, _):
        """The channels of the output, for input of any."""
        return self.filters

    def initial_state(self, batch, height, width):
        """An empty memory for maps of `height` x `width`."""
        return _zeros(self, batch, height, width)

    def get_config(self):
        return super().get_config() | _cell_config(self)


@keras.saving.register_keras_serializable("seqseg")
def _open_forget_gate(shape, dtype=None):
    """Biases of zero, and of one for the forget gate (Jozefowicz et al. 2015), in ConvLSTM2D's order i, f, c, o."""
    quarter = shape[0] // 4
    return ops.concatenate([ops.zeros(quarter, dtype), ops.ones(quarter, dtype), ops.zeros(2 * quarter, dtype)])


def _conv(cell, maps, kernel):
    return ops.conv(ops.cast(maps, cell.compute_dtype), ops.cast(kernel, cell.compute_dtype), padding="same")


def _zeros(cell, batch, height, width):
    shape = (batch, height, width, cell.filters)
    return {name: ops.zeros(shape, cell.variable_dtype) for name in cell.state_names}


def _cell_config(cell):
    return {
        "filters": cell.filters,
        "kernel_size": cell.kernel_size,
        "activation": keras.activations.serialize(cell.activation),
        "recurrent_activation": keras.activations.serialize(cell.recurrent_activation),
    }

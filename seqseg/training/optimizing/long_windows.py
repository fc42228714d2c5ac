"""Truncated back-propagation through long videos: the state crosses from window to window, the gradient does not."""

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.layers import reset_where
from seqseg.layers.tensor import State
from seqseg.models.clip_model import ClipModel


class CarriedState(keras.layers.Layer):
    """The memory of each row of the batch between two training steps, kept in variables that are not trained.

    The variables are part of every checkpoint, so that a resumed run goes on with the same memory.

    Args:
        network: a model with memory.
        batch, height, width: of the clips; they cannot change.

    Raises:
        ConfigError: the network has no memory to carry.
    """

    def __init__(self, network: ClipModel, *, batch: int, height: int, width: int) -> None:
        super().__init__(name="carried_state", dtype="float32")
        shapes = network.initial_state_shapes(batch, height, width)
        if not shapes:
            raise ConfigError(
                f"training.carry_state is on, but model {network.card.model} has no memory to carry; "
                "turn it off or choose a recurrent model"
            )
        self.tensors = {
            name: self.add_weight(
                shape=shape, initializer="zeros", trainable=False, name=name.replace("/", "_"), dtype="float32"
            )
            for name, shape in shapes.items()
        }
        self.built = True

    def read(self, fresh: keras.KerasTensor) -> State:
        """The state to start a window with: zero for the rows marked in `fresh` (n,), else that of the last window."""
        last = {name: ops.stop_gradient(ops.convert_to_tensor(tensor)) for name, tensor in self.tensors.items()}
        state: State = reset_where(last, fresh)
        return state

    def write(self, state: State) -> None:
        """Store the state after a window."""
        for name, tensor in self.tensors.items():
            tensor.assign(ops.cast(ops.stop_gradient(state[name]), "float32"))

"""A state on disk."""

import numpy as np
from keras import ops


def save_state(path, state):
    """Write a state as `.npz`, to be sent or restored."""
    np.savez(path, **{name: ops.convert_to_numpy(tensor) for name, tensor in state.items()})


def load_state(path):
    """Read what `save_state` wrote: a dict of numpy arrays that `run` takes."""
    with np.load(path) as arrays:
        return dict(arrays)

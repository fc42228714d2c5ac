"""A state on disk."""

from pathlib import Path

import numpy as np
from keras import ops

from seqseg.layers.tensor import State


def save_state(path: str | Path, state: State) -> None:
    """Write a state as `.npz`, to be sent or restored."""
    np.savez(path, **{name: ops.convert_to_numpy(tensor) for name, tensor in state.items()})


def load_state(path: str | Path) -> dict[str, np.ndarray]:
    """Read what `save_state` wrote: a dict of numpy arrays that `run` takes."""
    with np.load(path) as arrays:
        return dict(arrays)

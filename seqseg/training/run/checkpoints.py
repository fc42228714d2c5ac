"""All that a run needs to resume exactly, in one flat `.npz` file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqseg.errors import RunError
from seqseg.files import DAMAGED_ARRAYS, replacing
from seqseg.renamed import renamed


def save_checkpoint(path: str | Path, variables: Sequence[keras.Variable], progress: Mapping[str, Any]) -> None:
    """Write variables and `progress` (plain JSON data); a kill leaves the old file or the new one, complete.

    Variables are stored by position, since their names differ from process to process.
    """
    arrays = {f"v{i}": keras.ops.convert_to_numpy(variable.value) for i, variable in enumerate(variables)}
    text = np.frombuffer(json.dumps(progress).encode(), "uint8")
    with replacing(path) as file:
        np.savez(file, progress=text, **arrays)


def load_checkpoint(path: str | Path, variables: Sequence[keras.Variable]) -> dict[str, Any]:
    """Restore `variables` from what `save_checkpoint` wrote, and give the progress.

    Raises:
        RunError: the file is damaged, or belongs to another model.
    """
    try:
        # Opened here, since numpy leaves a damaged file open.
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as entries:
            arrays = dict(entries)
        progress = json.loads(arrays.pop("progress", np.zeros(0, "uint8")).tobytes() or b"null")
    except DAMAGED_ARRAYS as error:  # RecursionError is a RuntimeError
        raise RunError(f"{path} cannot be read ({error}); restore it, or train again in another folder") from None
    if not isinstance(progress, dict) or set(arrays) != {f"v{i}" for i in range(len(variables))}:
        raise RunError(
            f"{path} holds {len(arrays)} variables, this model and its optimizer have {len(variables)}; "
            "resume with the version of seqseg and Keras that began the run (see environment.json)"
        )
    for i, variable in enumerate(variables):
        array = arrays[f"v{i}"]
        if array.shape != tuple(variable.shape) or array.dtype.kind not in "fiub":
            raise RunError(f"{path} does not fit: {variable.path} is {tuple(variable.shape)}, the file's {array.shape}")
        variable.assign(array)
    restored: dict[str, Any] = progress
    return restored


__getattr__ = renamed(
    __name__, {"save_state": ("save_checkpoint", save_checkpoint), "load_state": ("load_checkpoint", load_checkpoint)}
)

"""All that a run needs to resume exactly, in one flat `.npz` file."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqseg.errors import RunError
from seqseg.files import replacing


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
        with Path(path).open("rb") as file, np.load(file) as entries:
            arrays = dict(entries)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} cannot be read ({error}); restore it, or train again in another folder") from None
    progress = arrays.pop("progress", None)
    if progress is None or len(arrays) != len(variables):
        raise RunError(
            f"{path} holds {len(arrays)} variables, this model and its optimizer have {len(variables)}; "
            "resume with the version of seqseg and Keras that began the run (see environment.json)"
        )
    for i, variable in enumerate(variables):
        array = arrays[f"v{i}"]
        if array.shape != tuple(variable.shape):
            raise RunError(f"{path} does not fit: {variable.path} is {tuple(variable.shape)}, the file's {array.shape}")
        variable.assign(array)
    restored: dict[str, Any] = json.loads(progress.tobytes())
    return restored

"""All that a run needs to go on exactly where it stopped, in one flat `.npz` file."""

import json
import os
import zipfile
from pathlib import Path

import keras
import numpy as np

from seqseg.errors import RunError


def save_state(path, variables, progress):
    """Write variables and `progress` (plain JSON data) so that a kill leaves the old file or the new one, whole.

    Variables are kept by position: their names are made up anew in each process.
    """
    arrays = {f"v{i}": keras.ops.convert_to_numpy(variable.value) for i, variable in enumerate(variables)}
    text = np.frombuffer(json.dumps(progress).encode(), "uint8")
    with replacing(path) as file:
        np.savez(file, progress=text, **arrays)


def load_state(path, variables):
    """Put what `save_state` wrote back into `variables` and give the progress.

    Raises:
        RunError: the file is damaged, or belongs to another model.
    """
    try:
        with np.load(path) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} cannot be read ({error}); restore it, or train anew in another folder") from None
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
    return json.loads(progress.tobytes())


class replacing:  # noqa: N801 - used like the function `open`
    """Open a file for writing bytes that takes the place of `path` whole at the end, or, on an error, not at all.

    Example:
        >>> with replacing("metrics.csv") as file:
        ...     file.write(b"epoch,loss\\n")
    """

    def __init__(self, path):
        self.path = Path(path)
        self.part = self.path.with_name(f".{self.path.name}.part")

    def __enter__(self):
        self.file = self.part.open("wb")
        return self.file

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                self.file.flush()
                os.fsync(self.file.fileno())
        finally:
            self.file.close()
        if kind is None:
            os.replace(self.part, self.path)
        else:
            self.part.unlink(missing_ok=True)

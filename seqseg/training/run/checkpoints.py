"""All that a run needs to go on exactly where it stopped, in one flat `.npz` file."""

import json
import zipfile
from pathlib import Path

import keras
import numpy as np

from seqseg.errors import RunError
from seqseg.files import replacing


def save_checkpoint(path, variables, progress):
    """Write variables and `progress` (plain JSON data) so that a kill leaves the old file or the new one, whole.

    Variables are kept by position: their names are made up anew in each process.
    """
    arrays = {f"v{i}": keras.ops.convert_to_numpy(variable.value) for i, variable in enumerate(variables)}
    text = np.frombuffer(json.dumps(progress).encode(), "uint8")
    with replacing(path) as file:
        np.savez(file, progress=text, **arrays)


def load_checkpoint(path, variables):
    """Put what `save_checkpoint` wrote back into `variables` and give the progress.

    Raises:
        RunError: the file is damaged, or belongs to another model.
    """
    try:
        # Opened here: on a damaged file numpy would leave it open.
        with Path(path).open("rb") as file, np.load(file) as entries:
            arrays = dict(entries)
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

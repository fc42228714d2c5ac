"""A model file for distribution: weights in float16, without paths of the machine that trained it."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ModelError
from seqseg.files import replacing

WEIGHTS, CONFIG = "model.weights.h5", "config.json"
COMPRESSED_FROM = 4096
"""Values; smaller arrays gain nothing by compression."""


def write_shipped(source: Path, target: Path) -> None:
    """Write the `.keras` file `source` as `target`, half the size; `load_model` reads it like any other.

    Float weights become float16, which Keras casts back to each variable's own type. Paths are cut to the file's name.

    Raises:
        ModelError: a weight is not finite, or too large for float16.
    """
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[CONFIG] = json.dumps(without_paths(json.loads(parts[CONFIG]))).encode()
    parts[WEIGHTS] = _in_half(parts[WEIGHTS], source)
    with replacing(target) as file, zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # of no date: the same model gives the same file


def without_paths(value: Any) -> Any:
    """JSON data in which every absolute path is cut to the name of its file.

    >>> without_paths({"weights": "/home/ada/mobilenet.h5", "taps": "last"})
    {'weights': 'mobilenet.h5', 'taps': 'last'}
    """
    if isinstance(value, dict):
        return {key: without_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_paths(item) for item in value]
    if isinstance(value, str) and re.match(r"(/|~|[A-Za-z]:[\\/]|file:)", value):
        return re.split(r"[\\/]", value)[-1]
    return value


def _in_half(data: bytes, source: Path) -> bytes:
    """An HDF5 file with every float array in float16."""
    import h5py

    written = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as old, h5py.File(written, "w") as new:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                array = _halved(item[()], f"{source}: {name}")
                options = {"compression": "gzip", "shuffle": True} if array.size >= COMPRESSED_FROM else {}
                made = new.create_dataset(name, data=array, **options)
            else:
                made = new.require_group(name)
            made.attrs.update(item.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return written.getvalue()


def _halved(array: Any, place: str) -> Any:
    if array.dtype.kind != "f":
        return array
    with np.errstate(over="ignore"):
        half = array.astype("float16")
    if not np.isfinite(half).all():
        raise ModelError(f"{place} holds {np.abs(array).max():g}, which float16 cannot; train with a weight decay")
    return half

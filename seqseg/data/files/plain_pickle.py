"""Pickles of plain data only: anything that would import or call is refused, so that no file can run code."""

import io
import pickle
from pathlib import Path
from typing import Any

from seqseg.errors import DataError


def read_plain_pickle(path: Path) -> Any:
    """The content of a pickle of lists, tuples, dicts, sets, text, bytes, numbers, booleans and None.

    Byte strings of Python 2 are read as UTF-8.

    Raises:
        DataError: the file is missing, damaged, or holds anything else, which is named and not loaded.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; check the path") from None
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="utf-8", errors="replace").load()
    except _RefusedError as error:
        raise DataError(f"{path} {error}; only lists, dicts, text and numbers are read from a pickle") from None
    except Exception as error:  # unpickling hostile bytes may raise anything
        raise DataError(f"{path} is no pickle: {error or type(error).__name__}; copy it again") from error


class _RefusedError(Exception):
    """A pickle asks for something other than plain data."""


class _PlainUnpickler(pickle.Unpickler):
    """Loads nothing by name, so that nothing can be called."""

    def find_class(self, module: str, name: str) -> Any:
        raise _RefusedError(f"asks for {module}.{name}, which could run code")

    def persistent_load(self, identity: Any) -> Any:
        raise _RefusedError("refers to things outside of it")

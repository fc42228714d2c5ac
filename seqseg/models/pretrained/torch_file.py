"""State dicts that torch.save wrote, read without torch and without running anything that a pickle names.

Two layouts are read: the legacy one, five pickles in a row and then the bytes of the storages, and the zip archive of
torch 1.6 and later. The unpickler admits three names only: `_rebuild_tensor_v2`, the storages, and `OrderedDict`.
"""

import collections
import io
import math
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from seqseg.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C
"""The number that the first pickle of a legacy file holds."""

STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Parameter name -> array, as torch.save wrote them.

    Raises:
        ModelError: the file is no state dict, is damaged, or names something that could run code.
    """
    try:
        with path.open("rb") as file:
            state, values = _read_zip(file) if zipfile.is_zipfile(file) else _read_legacy(file)
    except _RefusedError as error:
        raise ModelError(f"{path} {error}; only plain tensors are read from a torch file") from None
    except Exception as error:  # a parser may raise anything on untrusted bytes
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise ModelError(f"{path} is not a state dict saved by torch.save ({reason}); copy it again") from error
    if not isinstance(state, dict) or not all(isinstance(value, _Tensor) for value in state.values()):
        raise ModelError(f"{path} is not a state dict of tensors; save model.state_dict() with torch.save")
    try:
        return {str(name): _array(tensor, values) for name, tensor in state.items()}
    except (ValueError, KeyError) as error:
        raise ModelError(f"{path} is damaged: {error}; copy it again") from None


class _Storage(NamedTuple):
    dtype: str
    key: str
    length: int


class _StorageType(NamedTuple):
    dtype: str


class _Tensor(NamedTuple):
    """A view of a storage whose bytes may not have been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _RefusedError(Exception):
    """A pickle asks for something that is not a tensor."""


class _TensorUnpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in STORAGES:
            return _StorageType(STORAGES[name])
        raise _RefusedError(f"asks for {module}.{name}, which could run code")

    def persistent_load(self, identity: Any) -> _Storage:
        kind, storage, key, _, count, *view = identity
        if kind != "storage" or not isinstance(storage, _StorageType) or any(part is not None for part in view):
            raise _RefusedError("refers to something other than a storage")
        return self.storages.setdefault(str(key), _Storage(storage.dtype, str(key), int(count)))


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _read_legacy(file: BinaryIO) -> tuple[Any, dict[str, np.ndarray]]:
    file.seek(0)
    magic = _TensorUnpickler(file).load()
    if magic != MAGIC:
        raise ValueError("its first number is another")
    _TensorUnpickler(file).load()  # the version of the protocol
    system = _TensorUnpickler(file).load()
    if not system.get("little_endian", sys.byteorder == "little"):
        raise ValueError("it was written on a big-endian machine")
    unpickler = _TensorUnpickler(file)
    state = unpickler.load()
    keys = _TensorUnpickler(file).load()
    values = {}
    for key in keys:
        storage = unpickler.storages[key]
        count = int(np.frombuffer(_exactly(file, 8), "<i8")[0])
        if count != storage.length:
            raise ValueError(f"storage {key} has {count} values, its tensors expect {storage.length}")
        values[key] = np.frombuffer(_exactly(file, count * np.dtype(storage.dtype).itemsize), storage.dtype)
    return state, values


def _read_zip(file: BinaryIO) -> tuple[Any, dict[str, np.ndarray]]:
    with zipfile.ZipFile(file) as archive:
        pickled = [name for name in archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
        if len(pickled) != 1:
            raise ValueError("the archive holds no data.pkl")
        folder = pickled[0].removesuffix("data.pkl")
        state = _TensorUnpickler(io.BytesIO(archive.read(pickled[0]))).load()
        tensors = state.values() if isinstance(state, dict) else ()
        storages = {tensor.storage for tensor in tensors if isinstance(tensor, _Tensor)}
        return state, {
            one.key: np.frombuffer(archive.read(f"{folder}data/{one.key}"), one.dtype, count=one.length)
            for one in storages
        }


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count:
        raise ValueError("the file is cut off")
    return data


def _array(tensor: _Tensor, values: dict[str, np.ndarray]) -> np.ndarray:
    """The tensor as an array of its own; ModelError if it reaches outside its storage."""
    flat = values[tensor.storage.key]
    if len(tensor.shape) != len(tensor.strides) or min((tensor.offset, *tensor.shape, *tensor.strides)) < 0:
        raise ValueError("a tensor has a negative size")
    if math.prod(tensor.shape) == 0:
        return np.zeros(tensor.shape, flat.dtype)
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if last >= len(flat):
        raise ValueError("a tensor reaches beyond its storage")
    steps = [step * flat.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat[tensor.offset :], tensor.shape, steps).copy()

"""Files of torch.save, in both layouts, without torch; what could run code is refused, what is damaged is named."""

import collections
import io
import os
import pickle
import sys
import types
import zipfile

import numpy as np
import pytest

from seqseg.errors import ModelError
from seqseg.models.pretrained.torch_file import MAGIC, read_state_dict

KERNEL = np.random.default_rng(0).normal(size=(4, 3, 5, 2)).astype("float32")
COUNT = np.array(7, "int64")


class Storage:
    """What a pickle of torch refers to as a storage."""

    def __init__(self, kind, key, values):
        self.kind, self.key, self.values = kind, key, values


class Rebuilt:
    """Pickled as a tensor of torch is."""

    def __init__(self, storage, offset, shape, strides):
        self.arguments = storage, offset, shape, strides, False, collections.OrderedDict()

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


@pytest.fixture(autouse=True)
def torch(monkeypatch):
    """Names that a pickle can refer to; nothing of them is ever called."""
    names = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage"):
        setattr(names[0], kind, type(kind, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*_):
        raise AssertionError("a pickle was run")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    names[1]._rebuild_tensor_v2 = _rebuild_tensor_v2
    for module in names:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return names[0]


def state(torch):
    """A state dict whose kernel is stored with its axes in another order, after three values of something else."""
    stored = np.concatenate([np.zeros(3, "float32"), np.ascontiguousarray(KERNEL.transpose(1, 0, 3, 2)).ravel()])
    floats = Storage(torch.FloatStorage, "10", stored)
    numbers = Storage(torch.LongStorage, "11", COUNT.reshape(1))
    return collections.OrderedDict(
        kernel=Rebuilt(floats, 3, KERNEL.shape, (10, 40, 1, 5)), count=Rebuilt(numbers, 0, (), ())
    ), (floats, numbers)


def pickled(value):
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return "storage", value.kind, value.key, "cpu", len(value.values)
            return None

    file = io.BytesIO()
    Pickler(file, protocol=2).dump(value)
    return file.getvalue()


def legacy(value, storages):
    parts = [pickle.dumps(part, protocol=2) for part in (MAGIC, 1001, {"little_endian": True})]
    parts += [pickled(value), pickle.dumps([one.key for one in storages], protocol=2)]
    for one in storages:
        parts += [np.int64(len(one.values)).tobytes(), one.values.tobytes()]
    return b"".join(parts)


def zipped(value, storages):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(value))
        for one in storages:
            archive.writestr(f"archive/data/{one.key}", one.values.tobytes())
    return file.getvalue()


@pytest.mark.parametrize("layout", [legacy, zipped])
def test_tensors_come_out_as_they_were_saved_whatever_their_strides(tmp_path, torch, layout):
    (tmp_path / "net.pth").write_bytes(layout(*state(torch)))
    read = read_state_dict(tmp_path / "net.pth")
    assert list(read) == ["kernel", "count"]
    np.testing.assert_array_equal(read["kernel"], KERNEL)
    assert read["count"].dtype == np.int64
    assert read["count"] == 7


@pytest.mark.parametrize("layout", [legacy, zipped])
def test_a_pickle_that_would_run_something_is_refused_and_what_it_asks_for_named(tmp_path, layout):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    (tmp_path / "net.pth").write_bytes(layout({"kernel": Evil()}, ()))
    with pytest.raises(ModelError, match=r"asks for (posix|nt)\.system, which could run code; only plain tensors"):
        read_state_dict(tmp_path / "net.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("layout", [legacy, zipped])
@pytest.mark.parametrize("arguments", [(3, (500,), (1,)), (0, (2, 2), (1, -1)), (-1, (2,), (1,)), (0, (2,), (1, 1))])
def test_a_tensor_outside_of_its_storage_is_refused(tmp_path, torch, layout, arguments):
    _, storages = state(torch)
    (tmp_path / "net.pth").write_bytes(layout({"kernel": Rebuilt(storages[0], *arguments)}, storages[:1]))
    with pytest.raises(ModelError, match=r"net\.pth is damaged: a tensor"):
        read_state_dict(tmp_path / "net.pth")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9])
def test_a_file_that_is_cut_off_is_named(tmp_path, torch, part):
    data = legacy(*state(torch))
    (tmp_path / "net.pth").write_bytes(data[: int(part * len(data))])
    with pytest.raises(ModelError, match=r"net\.pth is not a state dict saved by torch\.save"):
        read_state_dict(tmp_path / "net.pth")


def test_what_is_no_dict_of_tensors_says_what_to_save(tmp_path):
    (tmp_path / "net.pth").write_bytes(zipped([1, 2], ()))
    with pytest.raises(ModelError, match=r"not a state dict of tensors; save model\.state_dict\(\)"):
        read_state_dict(tmp_path / "net.pth")

"""A file is the old one or the new one, never half of either."""

import errno
from pathlib import Path

import keras
import numpy as np
import pytest

from seqseg.errors import RunError
from seqseg.files import replacing, replacing_path
from seqseg.training.run.checkpoints import load_checkpoint, save_checkpoint


def variables(value):
    return [keras.Variable(np.full((3, 5), value, "float32")), keras.Variable(np.uint32(7), dtype="uint32")]


def test_state_and_progress_come_back_as_they_were(tmp_path):
    save_checkpoint(tmp_path / "state.npz", variables(0.1), {"epoch": 3, "rows": [{"loss": 0.25, "val": ""}]})
    fresh = variables(0)
    assert load_checkpoint(tmp_path / "state.npz", fresh) == {"epoch": 3, "rows": [{"loss": 0.25, "val": ""}]}
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(fresh[0]), np.full((3, 5), 0.1, "float32"))


def test_a_state_of_another_shape_is_refused(tmp_path):
    save_checkpoint(tmp_path / "state.npz", variables(1), {})
    with pytest.raises(RunError, match=r"\(5, 3\).*\(3, 5\)"):
        load_checkpoint(tmp_path / "state.npz", [keras.Variable(np.zeros((5, 3))), keras.Variable(0.0)])


def test_a_state_of_another_number_of_variables_is_refused(tmp_path):
    save_checkpoint(tmp_path / "state.npz", variables(1), {})
    with pytest.raises(RunError, match="2 variables.* 1;"):
        load_checkpoint(tmp_path / "state.npz", variables(1)[:1])


@pytest.mark.parametrize("cut", [0, 100, -60])
def test_a_damaged_state_is_an_error_that_names_the_file(tmp_path, cut):
    path = tmp_path / "state.npz"
    save_checkpoint(path, variables(1), {})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(RunError, match="state.npz cannot be read"):
        load_checkpoint(path, variables(1))


@pytest.mark.parametrize(
    "entries",
    [
        {"v0": np.zeros((3, 5)), "v1": np.zeros(())},
        {"v0": np.zeros((3, 5)), "v2": np.zeros(()), "progress": np.frombuffer(b"{}", "uint8")},
        {"v0": np.full((3, 5), "a"), "v1": np.zeros(()), "progress": np.frombuffer(b"{}", "uint8")},
        {"v0": np.zeros((3, 5)), "v1": np.zeros(()), "progress": np.frombuffer(b"[1", "uint8")},
        {"v0": np.zeros((3, 5)), "v1": np.zeros(()), "progress": np.frombuffer(b"[" * 100_000, "uint8")},
        {"v0": np.zeros((3, 5)), "v1": np.zeros(()), "progress": np.frombuffer(b"7", "uint8")},
    ],
)
def test_a_state_that_says_something_else_is_one_line(tmp_path, entries):
    np.savez(tmp_path / "state.npz", **entries)
    with pytest.raises(RunError, match="cannot be read|variables|does not fit") as caught:
        load_checkpoint(tmp_path / "state.npz", variables(1))
    assert "\n" not in str(caught.value)


def test_the_names_of_the_release_before_still_work(tmp_path):
    from seqseg.training.run import checkpoints

    with pytest.warns(DeprecationWarning, match="save_state is now called save_checkpoint"):
        checkpoints.save_state(tmp_path / "state.npz", variables(0.5), {})
    with pytest.warns(DeprecationWarning, match="load_state is now called load_checkpoint"):
        assert checkpoints.load_state(tmp_path / "state.npz", variables(0)) == {}


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write(b"half of the n")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full, a disk that is always full")
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError) as error, replacing_path(tmp_path / "file") as part:
        part.symlink_to(full)
        part.write_bytes(b"new")
    assert error.value.errno == errno.ENOSPC
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]

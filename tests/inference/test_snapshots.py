import json
from fractions import Fraction

import numpy as np
import pytest

from seqseg.errors import ModelError, RunError
from seqseg.inference.snapshots import Snapshot, fingerprint, read_snapshots, write_snapshots
from seqseg.models import build_model
from seqseg.models.state_file import save_state

STATE = {"P4/h": np.float32([[1, 2]]), "P4/c": np.float32([[3, 4]])}


def test_states_come_back_with_their_names_and_the_exact_time(tmp_path):
    path = tmp_path / "deep" / "state.npz"
    left = Snapshot(STATE, "rtsp://door", 17, Fraction(1001, 30000), 2)
    write_snapshots(path, {"left / 1": left, "right": Snapshot({})}, model="abc")
    back = read_snapshots(path, model="abc")
    assert list(back) == ["left / 1", "right"] and back["right"].state == {}
    np.testing.assert_array_equal(back["left / 1"].state["P4/c"], STATE["P4/c"])
    assert (back["left / 1"].index, back["left / 1"].pts, back["left / 1"].epoch) == (17, Fraction(1001, 30000), 2)


def test_nothing_but_the_file_remains_in_the_folder(tmp_path):
    for _ in range(2):
        write_snapshots(tmp_path / "state.npz", {"a": Snapshot(STATE)}, model="abc")
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


def test_a_failure_while_writing_leaves_the_file_before_as_it_was(tmp_path):
    path = tmp_path / "state.npz"
    write_snapshots(path, {"a": Snapshot(STATE)}, model="abc")
    before = path.read_bytes()

    class Lost:
        def __array__(self, *_, **__):
            raise OSError("the device is gone")

    with pytest.raises(OSError, match="gone"):
        write_snapshots(path, {"a": Snapshot({"P4/h": Lost()})}, model="abc")
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_plain_state_is_one_stream_without_a_name(tmp_path):
    save_state(tmp_path / "state.npz", STATE)
    assert list(read_snapshots(tmp_path / "state.npz", model="abc")) == [""]


def test_a_state_of_another_model_is_one_clear_line(tmp_path):
    write_snapshots(tmp_path / "state.npz", {"a": Snapshot(STATE)}, model="abc")
    with pytest.raises(ModelError, match=r"states of another model \(abc, this one is xyz\)"):
        read_snapshots(tmp_path / "state.npz", model="xyz")


@pytest.mark.parametrize("content", [None, b"", b"PK nonsense", b"text"])
def test_what_is_no_state_is_one_clear_line(content, tmp_path):
    if content is not None:
        (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(RunError, match="--save-state wrote"):
        read_snapshots(tmp_path / "x.npz", model="abc")


def lying(path, *, facts, **arrays):
    np.savez(path, facts=np.array(json.dumps({"version": 1, "model": "abc", "streams": facts})), **arrays)
    return path


@pytest.mark.parametrize(
    "stream",
    [
        ["a", "a", 3, "1/0", 0, 1],
        ["a", "a", 3, "x", 0, 1],
        ["a", "a", 3, "1e99999999", 0, 1],
        ["a", "a", 3, "9" * 5000, 0, 1],
        ["a", "a", 3, 0.5, 0, 1],
        ["a", "a", "z", "3", 0, 1],
        ["a", "a", -1, "3", 0, 1],
        ["a", "a", True, "3", 0, 1],
        ["a", 7, 3, "3", 0, 1],
        ["a", "a", 3, "3", [], 1],
        ["a", "a", 3, "3", 0, 1, 2],
        ["a"],
        [],
        7,
    ],
)
def test_facts_that_are_none_are_one_line(tmp_path, stream):
    path = lying(tmp_path / "x.npz", facts=[stream], **{"0/P4/h": STATE["P4/h"]})
    with pytest.raises(RunError, match="holds no states of streams") as caught:
        read_snapshots(path, model="abc")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("plain", [False, True])
def test_a_state_that_is_not_finite_is_refused(tmp_path, value, plain):
    path = tmp_path / "x.npz"
    state = {"P4/h": np.float32([[1, value]])}
    save_state(path, state) if plain else write_snapshots(path, {"a": Snapshot(state)}, model="abc")
    with pytest.raises(RunError, match="a state '(0/)?P4/h' that is not finite; start without it"):
        read_snapshots(path, model="abc")


@pytest.mark.parametrize(
    "array", [np.array([["a"]]), np.array([b"x"]), np.array([1j]), np.array(["2024"], "datetime64")]
)
def test_a_state_that_is_no_numbers_is_refused(tmp_path, array):
    with pytest.raises(RunError, match="holds no states of streams"):
        read_snapshots(lying(tmp_path / "x.npz", facts=[], **{"0/P4/h": array}), model="abc")


def test_members_that_say_that_they_are_larger_than_the_file_are_not_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", **{"P4/h": np.zeros((1000, 10_000), "float32")})
    with pytest.raises(RunError, match="holds no states of streams"):
        read_snapshots(tmp_path / "x.npz", model="abc")


def test_the_fingerprint_is_of_the_weights_and_not_of_the_object():
    one, other = (build_model("simple", classes=2, filters=2) for _ in range(2))
    other.set_weights(one.get_weights())
    assert fingerprint(one) == fingerprint(other)
    other.set_weights([weight + 1 for weight in one.get_weights()])
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(("place", "value"), [(6, 0x40), (8, 99), (4, 101)])
def test_a_zip_that_asks_for_what_no_state_needs_is_one_line(tmp_path, place, value):
    """Strong encryption, an unknown compression, a version of the future: flags of every entry of the zip."""
    path = tmp_path / "state.npz"
    write_snapshots(path, {"a": Snapshot(STATE)}, model="abc")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", place), (b"PK\1\2", place + 2)):
        begin = data.find(signature)
        while begin >= 0:
            data[begin + offset] = value
            begin = data.find(signature, begin + 4)
    path.write_bytes(data)
    with pytest.raises(RunError, match="holds no states of streams"):
        read_snapshots(path, model="abc")

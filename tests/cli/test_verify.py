"""`seqseg verify`: files that are not what they say, each named, with exit code 1."""

import dataclasses
import json
import sys

import keras
import numpy as np
import pytest

from seqseg.export.sidecar import read_sidecar, sidecar_path
from seqseg.export.write import export_model
from seqseg.models import build_model, save_model
from tests.export.conftest import SIZE, any_format, exported, missing, net, require  # noqa: F401


@pytest.fixture
def saved(net, tmp_path):  # noqa: F811
    save_model(net, tmp_path / "tiny.keras")
    return tmp_path / "tiny.keras"


@pytest.fixture
def relabelled(exported, any_format, tmp_path):  # noqa: F811
    """`relabelled(change)`: a copy of the export whose sidecar says something else."""

    def copy(change):
        path = exported(any_format)
        target = tmp_path / path.name
        for part in (path, path.with_suffix(".bin")):
            if part.exists():
                (tmp_path / part.name).write_bytes(part.read_bytes())
        entries = dataclasses.asdict(read_sidecar(path)) | change(read_sidecar(path))
        sidecar_path(target).write_text(json.dumps(entries))
        return target

    return copy


def test_a_right_one_is_told_in_numbers(seqseg, saved, exported, any_format, tmp_path):  # noqa: F811
    report = tmp_path / "report.json"
    code, printed, _ = seqseg("verify", exported(any_format), "--against", saved, "--json", report)
    assert code == 0 and "100.00" in printed
    (one,) = json.loads(report.read_text())["verified"]
    assert one["problems"] == [] and one["difference"] < 1e-4 and one["frames"] == 64


def test_a_model_of_nan_is_named(seqseg, any_format, tmp_path):  # noqa: F811
    require(any_format)
    model = build_model("unet_lstm", classes=["a", "b"], filters=2)
    model.weights[0].assign(np.full(model.weights[0].shape, np.nan))
    save_model(model, tmp_path / "nan.keras")
    path = export_model(model, tmp_path / "nan", format=any_format, size=SIZE)
    code, printed, _ = seqseg("verify", path, "--against", tmp_path / "nan.keras")
    assert code == 1 and "logits is not finite at frame 0" in printed


def test_swapped_states_are_named(seqseg, saved, relabelled):
    def swapped(sidecar):
        first, second = (dataclasses.asdict(state) for state in sidecar.states)
        first["output"], second["output"] = second["output"], first["output"]
        return {"states": [first, second]}

    code, printed, _ = seqseg("verify", relabelled(swapped), "--against", saved)
    assert code == 1 and "states are swapped" in printed


def test_another_size_is_named(seqseg, saved, relabelled):
    def larger(sidecar):
        states = [dataclasses.asdict(state) | {"shape": (9, 9, state.shape[2])} for state in sidecar.states]
        return {"size": (SIZE[0] + 8, SIZE[1] + 8), "states": states}

    code, printed, _ = seqseg("verify", relabelled(larger), "--against", saved)
    assert code == 1 and "does not take frame (1, 37, 51, 3)" in printed


def test_other_weights_are_named(seqseg, exported, any_format, tmp_path):  # noqa: F811
    save_model(build_model("unet_lstm", classes=["ground", "cell", "wall"], filters=2), tmp_path / "other.keras")
    code, printed, _ = seqseg("verify", exported(any_format), "--against", tmp_path / "other.keras")
    assert code == 1 and "made from other weights" in printed


def test_int8_that_was_calibrated_on_fresh_states_alone_is_named(seqseg, any_format, tmp_path):  # noqa: F811
    format = "onnx" if not missing("onnx") else any_format
    require(format)
    keras.utils.set_random_seed(2)
    model = build_model("unet_lstm", classes=["a", "b"], filters=4)
    save_model(model, tmp_path / "two.keras")
    frames = np.random.default_rng(0).integers(0, 256, (12, *SIZE, 3), dtype="uint8")
    single = [frame[None] for frame in frames]  # of a clip of one frame the state is always fresh
    path = export_model(model, tmp_path / "two", format=format, size=SIZE, precision="int8", calibration=single)
    code, printed, _ = seqseg("verify", path, "--against", tmp_path / "two.keras")
    assert code == 1 and "int8 was calibrated on fresh states only" in printed


def test_all_formats_go_on_past_what_is_not_installed(seqseg, saved, monkeypatch, tmp_path):
    require("litert")
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    report = tmp_path / "report.json"
    code, printed, _ = seqseg("verify", "--formats", "all", "--against", saved, "--json", report)
    written = json.loads(report.read_text())
    assert code == 0
    assert [one["format"] for one in written["verified"]] == ["litert"]
    assert len(written["not_verified"]) == 2 and "openvino: " in printed and "pip install 'seqseg[onnx]'" in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to verify"),
        (["--formats", "onnyx"], "--formats knows"),
        (["x.onnx", "--size", "9x9"], "--size is for --formats"),
        (["--formats", "all", "--size", "9x"], "--size must be HEIGHTxWIDTH"),
        (["nowhere.onnx"], "nowhere.onnx is not there"),
    ],
)
def test_what_makes_no_sense_is_one_line(seqseg, saved, words, message):
    code, printed, complaint = seqseg("verify", *words, "--against", saved)
    assert (code, printed) == (2, "") and message in complaint and complaint.count("\n") == 1

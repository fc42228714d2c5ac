"""`seqseg export`: what it writes, and what cannot be written, in one line, with nothing left behind."""

import json
import sys

import imageio.v3 as imageio
import numpy as np
import pytest

from seqseg.models import build_model, save_model
from tests.export.conftest import any_format, exported, missing, net, require  # noqa: F401


@pytest.fixture
def saved(net, tmp_path):  # noqa: F811
    save_model(net, tmp_path / "tiny.keras")
    return tmp_path / "tiny.keras"


def test_int8_takes_the_validation_clips_of_the_run(seqseg, trained, tmp_path):
    require("onnx")
    out = tmp_path / "tiny.onnx"
    words = ["export", trained, "--format", "onnx", "--precision", "int8", "--no-verify", "--out", out]
    assert seqseg(*words)[0] == 0
    assert json.loads((tmp_path / "tiny.onnx.json").read_text())["precision"] == "int8"
    import onnx

    assert "QuantizeLinear" in {node.op_type for node in onnx.load(out).graph.node}


def test_a_score_under_another_runtime_is_that_of_keras(seqseg, trained, any_format, tmp_path, monkeypatch):  # noqa: F811
    require(any_format)
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "cache"))
    scores = {}
    for runtime in ("keras", any_format):
        report = tmp_path / f"{runtime}.json"
        words = ["evaluate", trained, "--as", "deployed", "--runtime", runtime, "--json", report]
        assert seqseg(*words)[0] == 0
        scores[runtime] = json.loads(report.read_text())
    assert scores[any_format]["deployed"]["miou"] == pytest.approx(scores["keras"]["deployed"]["miou"], abs=1e-3)
    assert scores[any_format]["runtime"] == any_format
    (path,) = (path for path in (tmp_path / "cache" / "exports").iterdir() if path.suffix not in (".json", ".bin"))
    code, printed, _ = seqseg("evaluate", path, "--data", "shapes:videos=2,frames=5,size=45x61")
    assert code == 0 and "as deployed" in printed and "in clips" not in printed


def test_forecasts_run_under_another_runtime(seqseg, any_format, tmp_path, monkeypatch):  # noqa: F811
    require(any_format)
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "cache"))
    model = build_model("frame_predictor", classes=3, filters=2, kernel_size=3)
    save_model(model, tmp_path / "next.keras")
    words = ["forecast", tmp_path / "next.keras", "--source", "shapes", "--max-frames", "4", "--frames", "2"]
    code, printed, _ = seqseg(*words, "--size", "32x40", "--runtime", any_format)
    assert code == 0 and "PSNR" in printed


FORMATS_OF_OTHER_PACKAGES = {"onnx": "tf2onnx", "openvino": "openvino"}


@pytest.mark.parametrize("format", FORMATS_OF_OTHER_PACKAGES)
def test_a_format_whose_package_is_absent_names_it_and_the_extra(seqseg, saved, tmp_path, monkeypatch, format):
    require("saved_model")
    monkeypatch.setitem(sys.modules, FORMATS_OF_OTHER_PACKAGES[format], None)
    code, _, complaint = seqseg("export", saved, "--format", format, "--out", tmp_path / "deep" / "x")
    assert code == 2 and "pip install 'seqseg[" in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "litert", "--size", "4x4"], "cannot be exported"),
        (["--format", "litert", "--size", "40"], "--size must be HEIGHTxWIDTH"),
        (["--format", "litert", "--batch", "0"], "--batch must be 1 to 256"),
        (["--format", "litert", "--batch", "dynamic"], "no dynamic batch"),
        (["--format", "litert", "--precision", "bf16"], "has no precision 'bf16'"),
        (["--format", "litert", "--precision", "int8"], "name them with --calibrate"),
        (["--format", "litert", "--calibrate", "shapes"], "--calibrate is for --precision int8"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(seqseg, saved, tmp_path, words, message):
    require("saved_model")
    code, _, complaint = seqseg("export", saved, *words, "--out", tmp_path / "deep" / "x")
    assert code == 2 and message in complaint and complaint.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path != saved and path.is_file()]


def test_calibration_on_pictures_of_other_channels_is_one_line(seqseg, tmp_path):
    require("saved_model")
    save_model(build_model("unet", classes=["a", "b"], filters=2, channels=1), tmp_path / "grey.keras")
    words = ["--format", "litert", "--size", "32x32", "--precision", "int8", "--calibrate", "shapes"]
    code, _, complaint = seqseg("export", tmp_path / "grey.keras", *words, "--out", tmp_path / "out" / "x")
    assert code == 2 and "frames of 3 channels, but the model takes 1" in complaint
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_run_is_one_line(seqseg, tmp_path):
    code, _, complaint = seqseg("export", tmp_path, "--format", "onnx")
    assert code == 2 and "is not a run folder" in complaint and complaint.count("\n") == 1


def test_a_file_of_another_kind_is_named_by_stream(seqseg, exported, any_format, tmp_path):  # noqa: F811
    imageio.imwrite(tmp_path / "0.png", np.zeros((9, 9, 3), "uint8"))
    source = ["--source", tmp_path / "0.png", "--null"]
    other = "onnx" if any_format == "litert" else "litert"
    code, _, complaint = seqseg("stream", exported(any_format), "--runtime", other, *source)
    assert code == 2 and f"runtime {other} runs {other} files" in complaint
    (tmp_path / "foreign.onnx").write_bytes(b"\x08\x07")
    code, _, complaint = seqseg("stream", tmp_path / "foreign.onnx", *source)
    assert code == 2 and "no export of seqseg" in complaint and complaint.count("\n") == 1


def test_the_names_inside_a_file_are_checked_against_its_sidecar(seqseg, exported, tmp_path):  # noqa: F811
    require("onnx")
    import onnx

    from seqseg.export.sidecar import sha256_of, sidecar_path

    path = tmp_path / "tiny.onnx"
    entries = json.loads(sidecar_path(exported("onnx")).read_text())
    proto = onnx.load(exported("onnx"))
    for node in (*proto.graph.node, proto.graph):
        names = [port.name for port in node.input] if node is proto.graph else list(node.input)
        for place, name in enumerate(names):
            if name == "p3_c":
                if node is proto.graph:
                    node.input[place].name = "cell"
                else:
                    node.input[place] = "cell"
    onnx.save(proto, path)
    sidecar_path(path).write_text(json.dumps(entries | {"file_sha256": sha256_of(path)}))
    imageio.imwrite(tmp_path / "0.png", np.zeros((9, 9, 3), "uint8"))
    code, _, complaint = seqseg("stream", path, "--source", tmp_path / "0.png", "--null")
    assert code == 2 and "takes cell, frame, p3_h, but its sidecar says frame, p3_c, p3_h" in complaint

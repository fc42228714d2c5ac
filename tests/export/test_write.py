import json

import numpy as np
import pytest

from seqseg.errors import ExportError
from seqseg.export.sidecar import read_sidecar
from seqseg.export.write import export_model
from seqseg.models import build_model
from tests.export.conftest import SIZE, require

FORMATS = ("onnx", "openvino", "litert", "saved_model")


@pytest.mark.parametrize("format", FORMATS)
def test_the_sidecar_says_what_the_model_is(exported, net, format):
    sidecar = read_sidecar(exported(format))
    assert (sidecar.format, sidecar.size, sidecar.classes) == (format, SIZE, ("ground", "cell", "wall"))
    shapes = net.initial_state_shapes(1, *SIZE)
    assert {state.name: (1, *state.shape) for state in sidecar.states} == shapes


def test_states_have_names_and_dimensions_of_their_own(exported):
    require("onnx")
    import onnx

    graph = onnx.load(exported("onnx")).graph
    assert [port.name for port in graph.input] == ["frame", "p3_h", "p3_c"]
    assert [port.name for port in graph.output] == ["mask", "logits", "p3_h_out", "p3_c_out"]
    assert not [node.op_type for node in graph.node if node.op_type in ("Loop", "Scan", "If")]


def test_a_triton_repository_names_every_state_of_the_file(net, tmp_path):
    require("triton")
    import onnx

    path = export_model(net, tmp_path / "cells", format="triton", size=SIZE, batch=None)
    config = (path / "config.pbtxt").read_text()
    assert config.count("{") == config.count("}")
    graph = onnx.load(path / "1" / "model.onnx").graph
    states = [port for port in graph.input if port.name != "frame"]
    for port in states:
        dims = [dimension.dim_value for dimension in port.type.tensor_type.shape.dim][1:]
        assert f'input_name: "{port.name}" output_name: "{port.name}_out" data_type: TYPE_FP32 dims: {dims}' in config
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "onyx"}, "unknown format 'onyx'; did you mean onnx"),
        ({"format": "onnx", "precision": "bf16"}, "onnx has no precision 'bf16'"),
        ({"format": "onnx", "size": (4, 4)}, "cannot be exported"),
        ({"format": "litert", "batch": None}, "no dynamic batch"),
        ({"format": "triton"}, "--batch dynamic"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(net, tmp_path, options, message):
    require("saved_model")
    with pytest.raises(ExportError, match=message):
        export_model(net, tmp_path / "file", **{"size": SIZE, **options})
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_was_not_trained_needs_a_size(tmp_path):
    require("saved_model")
    with pytest.raises(ExportError, match="give --size"):
        export_model(build_model("unet", classes=["a", "b"], filters=2), tmp_path / "file", format="saved_model")


def test_a_model_that_takes_a_vector_says_why_it_cannot(tmp_path):
    require("saved_model")
    model = build_model("unet_lstm", classes=["a", "b"], filters=2, condition=3)
    with pytest.raises(ExportError, match="takes a vector"):
        export_model(model, tmp_path / "file", format="saved_model", size=SIZE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": [0, 9]}, "size"),
        ({"palette": [[0, 0, 0]]}, "3 classes but 1 colours"),
        ({"palette": [[0, 0, 0], [1, 2, 3], [4, 5, 999]]}, "outside 0 to 255"),
        ({"precision": "fp7"}, "fp7"),
        ({"states": [{"name": "x"}]}, "cannot be understood"),
        ({"schema": 99}, "schema"),
        ({"surprise": 1}, "surprise"),
        ({"file_sha256": "0" * 64}, "sha256 differs"),
        ({"file": "other.tflite"}, "describes other.tflite"),
    ],
)
def test_a_sidecar_that_lies_is_one_line(exported, tmp_path, change, message):
    path = exported("litert")
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    entries = json.loads(path.with_name(path.name + ".json").read_text()) | change
    copy.with_name(copy.name + ".json").write_text(json.dumps(entries))
    with pytest.raises(ExportError, match=message) as error:
        read_sidecar(copy)
    assert "\n" not in str(error.value)


def test_a_file_without_a_sidecar_is_no_export(tmp_path):
    (tmp_path / "other.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(ExportError, match="no export of seqseg"):
        read_sidecar(tmp_path / "other.onnx")


def test_int8_is_calibrated_with_the_state_carried(net):
    require("saved_model")
    from seqseg.export.step import make_step
    from seqseg.export.write import carried

    step = make_step(net, size=SIZE)
    clip = np.random.default_rng(0).integers(0, 256, (3, *SIZE, 3), dtype="uint8")
    first, second, third = carried(step, [clip])
    assert not first["p3_h"].any()
    _, state = net.run(clip[None, :2])
    np.testing.assert_allclose(third["p3_h"], state["P3/h"], atol=1e-5)
    assert second["p3_h"].any()


def test_a_model_before_a_fixed_camera_takes_any_batch(tmp_path):
    require("onnx")
    import onnxruntime

    model = build_model("moving", classes=2, widths=[4, 8], blocks=[1])
    path = export_model(model, tmp_path / "moving", format="onnx", size=(17, 23), batch=None)
    session = onnxruntime.InferenceSession(str(path))
    frames = np.random.default_rng(0).integers(0, 256, (2, 17, 23, 3), dtype="uint8")
    inputs = {
        port.name: frames if port.name == "frame" else np.zeros((2, *port.shape[1:]), "float32")
        for port in session.get_inputs()
    }
    (logits,) = session.run(["logits"], inputs)
    expected, _ = model(frames, return_state=True, training=False)
    np.testing.assert_allclose(logits, expected, atol=1e-4)

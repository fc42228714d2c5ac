"""ONNX: opset 17, no loops, every state an input and an output with dimensions of its own."""

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.export.packages import require
from seqseg.export.step import Step

OPSET = 17
CALIBRATED = ("Conv",)  # softmax, gates and the sums of states stay in float


def write_onnx(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write `step` to `path`; "int8" quantises its convolutions by the inputs in `calibration`, state carried."""
    require("onnx")
    proto = to_onnx(step)
    if precision == "int8":
        _quantised(proto, path, calibration)
    else:
        path.write_bytes(proto.SerializeToString())


def to_onnx(step: Step) -> Any:
    """The step as an `onnx.ModelProto`, names and dimensions as the sidecar has them."""
    import tensorflow

    onnx, tf2onnx = require("onnx"), require("tf2onnx")
    with _on_numpy_two():
        names = list(step.inputs)
        signature = [
            tensorflow.TensorSpec(step.inputs[name], "uint8" if name == "frame" else "float32", name=name)
            for name in names
        ]
        outputs = ["mask", "logits", *(state.output for state in step.states)]

        def ordered(*tensors: Any) -> Any:
            result = step.function(**dict(zip(names, tensors, strict=True)))
            return [tensorflow.identity(result[name], name=name) for name in outputs]

        proto, _ = tf2onnx.convert.from_function(
            tensorflow.function(ordered, autograph=False), input_signature=signature, opset=OPSET
        )
    _name_ports(proto, names, outputs)
    _name_dimensions(proto, step)
    _round_scales_up(proto)
    onnx.checker.check_model(proto)
    return proto


@contextlib.contextmanager
def _on_numpy_two() -> Iterator[None]:
    """tf2onnx uses names of types that numpy 2 has dropped; Keras knows how to give it others."""
    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the patch asks numpy for np.object
        warnings.simplefilter("ignore", DeprecationWarning)
        patch_tf2onnx()
        yield


def _name_ports(proto: Any, inputs: list[str], outputs: list[str]) -> None:
    """Give the inputs and outputs, which come in order, the names they are to have, through the whole graph."""
    graph = proto.graph
    renamed = {}
    for ports, names in ((graph.input, inputs), (graph.output, outputs)):
        for port, name in zip(ports, names, strict=True):
            renamed[port.name] = name
            port.name = name
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]


def _name_dimensions(proto: Any, step: Step) -> None:
    """Give every state its own dimension names: some readers treat equal names as one tensor."""
    shapes = {**step.inputs, **{state.output: (step.batch, *state.shape) for state in step.states}}
    height, width = step.size
    shapes["mask"] = (step.batch, height, width)
    for port in (*proto.graph.input, *proto.graph.output):
        dimensions = port.type.tensor_type.shape.dim
        for axis, dimension in enumerate(dimensions):
            if axis == 0:
                if step.batch is None:
                    dimension.dim_param = "batch"
                else:
                    dimension.dim_value = step.batch
            elif port.name in shapes and axis < len(shapes[port.name]):
                dimension.dim_value = shapes[port.name][axis]


def _round_scales_up(proto: Any) -> None:
    """Resize gives floor(side x scale) pixels: 38 x 75/38 in float32 may be 74.999997, and a row would be lost."""
    numpy_helper = require("onnx.numpy_helper")
    scales = {node.input[2] for node in proto.graph.node if node.op_type == "Resize" and len(node.input) > 2}
    for tensor in proto.graph.initializer:
        if tensor.name in scales:
            exact = numpy_helper.to_array(tensor)
            above = np.nextafter(np.nextafter(exact, np.float32(np.inf)), np.float32(np.inf))
            tensor.CopyFrom(numpy_helper.from_array(np.where(exact == np.round(exact), exact, above), tensor.name))


def _quantised(proto: Any, path: Path, calibration: Iterable[Mapping[str, np.ndarray]]) -> None:
    require("onnxruntime")
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Frames(CalibrationDataReader):
        def __init__(self) -> None:
            self._frames = iter(calibration)

        def get_next(self) -> Mapping[str, np.ndarray] | None:
            return next(self._frames, None)

    plain, ready = path.with_suffix(".float.onnx"), path.with_suffix(".ready.onnx")
    try:
        plain.write_bytes(proto.SerializeToString())
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(path),
            Frames(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=list(CALIBRATED),
        )
    finally:
        plain.unlink(missing_ok=True)
        ready.unlink(missing_ok=True)

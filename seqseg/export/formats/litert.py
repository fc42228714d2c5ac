"""LiteRT (TensorFlow Lite), for phones and small boards: only built-in operations, one named signature."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.step import Step


def write_litert(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write `step` to `path`.

    The graph is frozen first: one with variables in it converts as well, and gives NaN at run time without an error.

    Raises:
        ExportError: the batch is not fixed, or the graph needs operations that LiteRT does not have.
    """
    import tensorflow

    if step.batch is None:
        raise ExportError("litert has no dynamic batch; give --batch a number")
    with tempfile.TemporaryDirectory() as folder:
        _save_frozen(step, folder)
        converter = tensorflow.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["serving_default"])
        _write_converted(converter, step, path, precision, calibration)


def _save_frozen(step: Step, folder: str) -> None:
    """The step with its weights as constants, as a SavedModel, which is what keeps the names of the ports."""
    import tensorflow
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(step.function)
    ports = [tensor.name.partition(":")[0] for tensor in frozen.inputs]
    outputs = sorted(step.function.structured_outputs)  # the order in which TensorFlow flattens them

    def named(**tensors: Any) -> dict[str, Any]:
        results = frozen(*(tensors[port] for port in ports))
        return dict(zip(outputs, results, strict=True))

    specs = {
        name: tensorflow.TensorSpec(shape, "uint8" if name == "frame" else "float32", name=name)
        for name, shape in step.inputs.items()
    }
    function = tensorflow.function(named, autograph=False).get_concrete_function(**specs)
    tensorflow.saved_model.save(tensorflow.Module(), folder, signatures={"serving_default": function})


def _write_converted(
    converter: Any, step: Step, path: Path, precision: str, calibration: Iterable[Mapping[str, np.ndarray]]
) -> None:
    import tensorflow

    converter.target_spec.supported_ops = [tensorflow.lite.OpsSet.TFLITE_BUILTINS]
    if precision == "fp16":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tensorflow.float16]
    if precision == "int8":
        converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (("serving_default", dict(frame)) for frame in calibration)
    try:
        content = converter.convert()
    except Exception as error:  # the converter raises a class of its own, which it does not export
        if type(error).__name__ != "ConverterError":
            raise
        raise ExportError(f"{step.model.card.model} needs what litert lacks: {_reason(error)}") from error
    _check_frozen(content)
    path.write_bytes(content)


def _check_frozen(content: bytes) -> None:
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    handle = schema.BuiltinOperator.VAR_HANDLE
    if any(handle in (code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes):
        raise ExportError("the graph still holds variables, which LiteRT reads as NaN; this is a bug of seqseg")


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "ops:" in line or "error:" in line), lines[-1] if lines else "no reason")[
        :300
    ]

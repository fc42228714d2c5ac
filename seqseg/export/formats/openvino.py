"""OpenVINO's IR, made from ONNX: its own reader of TensorFlow graphs fails on the decoders here."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.export.formats.onnx import to_onnx
from seqseg.export.packages import require
from seqseg.export.step import Step


def write_openvino(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write `step` to `path` (.xml, its weights in .bin beside it).

    "fp16" stores the weights in half precision, "bf16" is asked for when the file is run, "int8" quantises by the
    inputs in `calibration`, state carried.
    """
    openvino = require("openvino")
    part = path.with_suffix(".onnx.part")
    try:
        part.write_bytes(to_onnx(step).SerializeToString())
        model = openvino.convert_model(str(part))
    finally:
        part.unlink(missing_ok=True)
    if precision == "int8":
        model = _quantised(model, step, calibration)
    openvino.save_model(model, str(path), compress_to_fp16=precision == "fp16")


def _quantised(model: Any, step: Step, calibration: Iterable[Mapping[str, np.ndarray]]) -> Any:
    nncf = require("nncf")
    if step.batch is None:
        model.reshape({name: (1, *shape[1:]) for name, shape in step.inputs.items()})
    frames = list(calibration)
    return nncf.quantize(
        model, nncf.Dataset(frames), preset=nncf.QuantizationPreset.MIXED, subset_size=max(1, len(frames))
    )

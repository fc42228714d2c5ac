"""OpenVINO on the CPU: the fastest runtime measured here for networks of depthwise convolutions."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.packages import require
from seqseg.export.runtimes.ports import check_ports
from seqseg.export.sidecar import Sidecar

# By default OpenVINO uses bf16 on processors that have it, which changes logits in the third digit.
HINTS = {"fp32": "f32", "fp16": "f32", "bf16": "bf16", "int8": "f32"}


def open_openvino(
    path: Path, sidecar: Sidecar, *, threads: int | None = None
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """The step of an IR file, compiled for latency."""
    openvino: Any = require("openvino")
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": HINTS[sidecar.precision],
    }
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        compiled = openvino.Core().compile_model(str(path), "CPU", settings)
    except RuntimeError as error:
        raise ExportError(f"{path} cannot be opened by OpenVINO: {str(error).splitlines()[0][:200]}") from error
    wanted = {"frame", "mask", "logits", *(name for state in sidecar.states for name in (state.input, state.output))}
    inputs, outputs = ({_name(port, wanted): port for port in ports} for ports in (compiled.inputs, compiled.outputs))
    check_ports(path, sidecar, inputs, outputs)
    request = compiled.create_infer_request()

    def run(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        results = request.infer({inputs[name]: np.ascontiguousarray(array) for name, array in arrays.items()})
        # Copies: the next call writes into the same memory.
        return {name: np.array(results[port]) for name, port in outputs.items()}

    return run


def _name(port: Any, wanted: set[str]) -> str:
    """The port's name from the sidecar: the reader adds names of later operations."""
    names = port.get_names()
    return str(next(iter(sorted(names & wanted)), next(iter(sorted(names)), "")))

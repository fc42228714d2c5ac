"""ONNX Runtime on the CPU, or on a GPU where its package has one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.packages import require
from seqseg.export.runtimes.ports import check_ports
from seqseg.export.sidecar import Sidecar


def open_onnx(
    path: Path, sidecar: Sidecar, *, threads: int | None = None
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """The step of an ONNX file."""
    onnxruntime: Any = require("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads:
        options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # its errors have no common base but Exception
        raise ExportError(f"{path} cannot be opened by ONNX Runtime: {str(error).splitlines()[0][:200]}") from error
    outputs = [port.name for port in session.get_outputs()]
    check_ports(path, sidecar, [port.name for port in session.get_inputs()], outputs)

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(outputs, session.run(outputs, dict(inputs)), strict=True))

    return run

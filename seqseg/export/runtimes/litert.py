"""LiteRT, the runtime of phones and small boards, on this machine's CPU."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.packages import require
from seqseg.export.runtimes.ports import check_ports
from seqseg.export.sidecar import Sidecar

SIGNATURE = "serving_default"


def open_litert(
    path: Path, sidecar: Sidecar, *, threads: int | None = None
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """The step of a .tflite file, by its signature: the order of its outputs is not that of their names."""
    litert: Any = require("ai_edge_litert.interpreter")
    try:
        interpreter = litert.Interpreter(model_path=str(path), num_threads=threads)
        signatures = interpreter.get_signature_list()
        runner = interpreter.get_signature_runner(SIGNATURE)
    except (ValueError, RuntimeError) as error:
        raise ExportError(f"{path} cannot be opened by LiteRT: {str(error).splitlines()[0][:200]}") from error
    check_ports(path, sidecar, signatures[SIGNATURE]["inputs"], signatures[SIGNATURE]["outputs"])

    def run(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(runner(**arrays))

    return run

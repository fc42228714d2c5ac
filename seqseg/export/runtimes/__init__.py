"""Runtimes: one a file; each opens an exported file and runs steps of it. None needs Keras or TensorFlow.

A runtime is a function of a frame and named states, as `Runtime` says; it keeps nothing from call to call.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.runtimes.litert import open_litert
from seqseg.export.runtimes.onnx import open_onnx
from seqseg.export.runtimes.openvino import open_openvino
from seqseg.export.sidecar import Sidecar, read_sidecar

Arrays = Mapping[str, np.ndarray]
Runtime = Callable[[Arrays], dict[str, np.ndarray]]
"""Inputs by name ("frame" and the states') -> outputs by name ("mask", "logits" and the states')."""


class Opener(Protocol):
    """Opens a file of one format; `threads` of None is as many as there are processors."""

    def __call__(self, path: Path, sidecar: Sidecar, *, threads: int | None = None) -> Runtime: ...


RUNTIMES: dict[str, tuple[str, Opener]] = {
    "onnx": ("onnx", open_onnx),
    "openvino": ("openvino", open_openvino),
    "litert": ("litert", open_litert),
}
"""Runtime -> (the format it runs, what opens it)."""
INSIDE = {"web": "step.onnx", "triton": "1/model.onnx"}
"""The ONNX file in the folder of a format."""


def open_runtime(
    path: str | Path, *, runtime: str | None = None, threads: int | None = None
) -> tuple[Runtime, Sidecar]:
    """The step in an exported file, and what its sidecar says.

    Args:
        path: what `seqseg export` wrote.
        runtime: "onnx", "openvino" or "litert"; None takes the one of the file's format.

    Raises:
        ExportError: the file is no export, the runtime is of another format, or its package is not installed.
    """
    sidecar = read_sidecar(path)
    path, format = Path(path), sidecar.format
    if format in INSIDE:
        path, format = path / INSIDE[format], "onnx"
    name = runtime or format
    if name not in RUNTIMES:
        raise ExportError(f"{path} is a {format} file, which no runtime here reads: {', '.join(RUNTIMES)}")
    wanted, opener = RUNTIMES[name]
    if wanted != format:
        raise ExportError(f"runtime {name} runs {wanted} files, but {path} is {format}; leave --runtime out")
    return _refusing(opener(path, sidecar, threads=threads), path), sidecar


def _refusing(run: Runtime, path: str | Path) -> Runtime:
    """`run`, whose errors (of as many kinds as there are runtimes) become one line."""

    def refusing(inputs: Arrays) -> dict[str, np.ndarray]:
        try:
            return run(inputs)
        except Exception as error:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise ExportError(f"{path} does not take {shapes} ({reason}); export it again") from error

    return refusing

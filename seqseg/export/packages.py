"""Packages that formats and runtimes need, each an extra of its own."""

import importlib
from types import ModuleType

from seqseg.errors import ExportError

EXTRAS = {
    "onnx": "onnx",
    "tf2onnx": "onnx",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "nncf": "openvino",
    "ai_edge_litert.interpreter": "litert",
}


def require(package: str) -> ModuleType:
    """Import a package of an extra.

    Raises:
        ExportError: it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package.partition(".")[0]:
            raise
        extra = EXTRAS[package]
        name = package.partition(".")[0].replace("_", "-")
        raise ExportError(f"{name} is not installed; pip install 'seqseg[{extra}]' brings it") from None

"""Packages that formats and runtimes need, each an extra of its own."""

import importlib
import importlib.util
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

NEEDS: dict[str, tuple[str, ...]] = {
    "onnx": ("onnx", "tf2onnx"),
    "openvino": ("onnx", "tf2onnx", "openvino"),
    "litert": (),
    "saved_model": (),
    "web": ("onnx", "tf2onnx"),
    "triton": ("onnx", "tf2onnx"),
}
"""What writing a format needs, beside TensorFlow."""
INT8_NEEDS: dict[str, tuple[str, ...]] = {
    "onnx": ("onnxruntime",),
    "web": ("onnxruntime",),
    "triton": ("onnxruntime",),
    "openvino": ("nncf",),
}


def check_packages(format: str, precision: str) -> None:
    """Raise ExportError where a package is missing that writing this format needs."""
    for package in (*NEEDS[format], *(INT8_NEEDS.get(format, ()) if precision == "int8" else ())):
        if importlib.util.find_spec(package) is None:
            raise _missing(package)


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
        raise _missing(package) from None


def _missing(package: str) -> ExportError:
    name = package.partition(".")[0].replace("_", "-")
    return ExportError(f"{name} is not installed; pip install 'seqseg[{EXTRAS[package]}]' brings it")

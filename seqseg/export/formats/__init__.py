"""Formats: one a file, each with `write(step, path, *, precision, calibration) -> None`."""

from collections.abc import Callable

from seqseg.export.formats.litert import write_litert
from seqseg.export.formats.onnx import write_onnx
from seqseg.export.formats.openvino import write_openvino
from seqseg.export.formats.saved_model import write_saved_model
from seqseg.export.formats.triton import write_triton
from seqseg.export.formats.web import write_web

Writer = Callable[..., None]
FORMATS: dict[str, Writer] = {
    "onnx": write_onnx,
    "openvino": write_openvino,
    "litert": write_litert,
    "saved_model": write_saved_model,
    "web": write_web,
    "triton": write_triton,
}
SUFFIXES = {"onnx": ".onnx", "openvino": ".xml", "litert": ".tflite", "saved_model": "", "web": "", "triton": ""}
"""How the file of a format ends; a saved model, a web page and a Triton repository are folders."""

PRECISIONS_OF = {
    "onnx": ("fp32", "int8"),
    "openvino": ("fp32", "fp16", "bf16", "int8"),
    "litert": ("fp32", "fp16", "int8"),
    "saved_model": ("fp32",),
    "web": ("fp32", "int8"),
    "triton": ("fp32", "int8"),
}

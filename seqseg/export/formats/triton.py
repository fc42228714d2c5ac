"""A model repository for NVIDIA's Triton server: the ONNX step, its states kept by the server for every sequence.

The server zeroes a sequence's states at its START and hands each output state back as the next input ("implicit
state"); clients send frames alone. Written from Triton's documentation of `sequence_batching`; Triton is not run here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.formats.onnx import write_onnx
from seqseg.export.step import Step

IDLE_MICROSECONDS = 60_000_000


def write_triton(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write the folder `path`: `config.pbtxt` and `1/model.onnx`.

    Raises:
        ExportError: the batch is fixed; the server makes batches of its own.
    """
    if step.batch is not None:
        raise ExportError("triton makes batches itself; give --batch dynamic")
    version = path / "1"
    version.mkdir(parents=True)
    write_onnx(step, version / "model.onnx", precision=precision, calibration=calibration)
    (path / "config.pbtxt").write_text(_config(step, path.name), encoding="utf-8")


def _config(step: Step, name: str) -> str:
    height, width = step.size
    classes, channels = len(step.model.card.classes), step.model.card.channels
    planes = {"multi_label": [height, width, classes], "frame": [height, width, channels]}
    mask = planes.get(step.model.card.head, [height, width])
    logits = [height, width, channels if step.model.card.head == "frame" else classes]
    states = "\n".join(_state(spec.input, spec.output, spec.shape) for spec in step.states)
    sequences = f"""
sequence_batching {{
  max_sequence_idle_microseconds: {IDLE_MICROSECONDS}
  direct {{ }}
{states}
}}
"""
    return (
        f'name: "{name}"\nbackend: "onnxruntime"\nmax_batch_size: 16\n'
        f'input [ {{ name: "frame" data_type: TYPE_UINT8 dims: {[height, width, channels]} }} ]\n'
        f'output [\n  {{ name: "mask" data_type: TYPE_UINT8 dims: {mask} }},\n'
        f'  {{ name: "logits" data_type: TYPE_FP32 dims: {logits} }}\n]\n' + (sequences if step.states else "")
    )


def _state(source: str, target: str, shape: tuple[int, ...]) -> str:
    dims = list(shape)
    return (
        f'  state [ {{ input_name: "{source}" output_name: "{target}" data_type: TYPE_FP32 dims: {dims}\n'
        f'    initial_state: {{ name: "{source}" data_type: TYPE_FP32 dims: {dims} zero_data: true }} }} ]'
    )

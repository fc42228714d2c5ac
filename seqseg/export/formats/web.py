"""A static folder: a page, the ONNX step, and ONNX Runtime Web. It needs no other server."""

import json
import shutil
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.formats.onnx import write_onnx
from seqseg.export.step import Step
from seqseg.export.web.runtime_files import runtime_files

STEP = "step.onnx"


def write_web(
    step: Step, path: Path, *, precision: str = "fp32", calibration: Iterable[Mapping[str, np.ndarray]] = ()
) -> None:
    """Write the folder `path`; `index.html` in it, served from anywhere, segments the viewer's camera.

    Raises:
        ExportError: the batch is not 1, the model predicts frames, or ONNX Runtime Web was not pulled.
    """
    card = step.model.card
    if step.batch != 1:
        raise ExportError("a page segments one camera; leave --batch out")
    if card.head == "frame":
        raise ExportError(f"{card.model} predicts frames, and the page shows masks; export a model of classes")
    files = runtime_files()
    path.mkdir(parents=True)
    write_onnx(step, path / STEP, precision=precision, calibration=calibration)
    static = resources.files("seqseg.export.web") / "static"
    for file in static.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    for source in files:
        shutil.copyfile(source, path / source.name)
    (path / "model.json").write_text(json.dumps(_facts(step)), encoding="utf-8")


def _facts(step: Step) -> dict[str, object]:
    """What the page needs to know."""
    card = step.model.card
    states = [{"input": one.input, "output": one.output, "shape": [1, *one.shape]} for one in step.states]
    return {
        "model": card.model,
        "classes": list(card.classes),
        "palette": [list(colour) for colour in card.palette],
        "void": card.void,
        "channels": card.channels,
        "planes": card.head == "multi_label",
        "size": list(step.size),
        "resizing": dict(card.fit or {"name": "letterbox"}),
        "states": states,
    }

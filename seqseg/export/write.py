"""Write a model as a file of another system, with its sidecar."""

import dataclasses
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqseg.errors import ExportError
from seqseg.export.formats import FORMATS, PRECISIONS_OF, SUFFIXES
from seqseg.export.packages import check_packages
from seqseg.export.sidecar import Sidecar, sha256_of, sidecar_path
from seqseg.export.step import Step, make_step
from seqseg.inference.snapshots import fingerprint, weights_sha256
from seqseg.registry import suggestion
from seqseg.version import __version__

PACKAGES = ("keras", "tensorflow", "onnx", "tf2onnx", "openvino", "nncf")


def export_model(
    model: Any,
    path: str | Path,
    *,
    format: str,
    size: tuple[int, int] | None = None,
    batch: int | None = 1,
    precision: str = "fp32",
    calibration: Iterable[np.ndarray] = (),
) -> Path:
    """Write one step of `model` to `path` and its sidecar beside it; gives the path that was written.

    Args:
        model: a trained model of any backend; on JAX and torch a child process with TensorFlow does the work.
        format: "onnx", "openvino", "litert" or "saved_model".
        size: (height, width) of the frames; None is the size it was trained at.
        batch: how many frames at once; None is any number, where the format can.
        precision: "fp32", "fp16", "bf16" or "int8", as the format has them.
        calibration: for int8, clips (t, h, w, c) uint8 of `size`; the state is carried through each.

    Raises:
        ExportError: the format, size, batch or precision is not to be had for this model.

    Example:
        >>> export_model(load_model("runs/cells/best.keras"), "cells.onnx", format="onnx", size=(360, 480))
    """
    size = _checked_size(model, size)
    check_choice(format, precision, has_clips=precision != "int8" or calibration != ())
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"exports are made on TensorFlow, and this process runs {keras.backend.backend()}; "
            "save the model and run seqseg export, which starts it"
        )
    path, clips = _with_suffix(Path(path), SUFFIXES[format]), list(calibration)
    step = make_step(model, size=size, batch=batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as folder:
        written = Path(folder) / path.name
        FORMATS[format](step, written, precision=precision, calibration=carried(step, clips))
        sidecar = _sidecar(step, format, precision, written)
        if precision == "int8":
            sidecar = dataclasses.replace(sidecar, calibrated_frames=max(map(len, clips), default=0))
        _move(Path(folder), path)
    sidecar.write(sidecar_path(path))
    return path


def check_choice(format: str, precision: str, *, has_clips: bool = True) -> None:
    """Raise ExportError for a format or precision that there is not, a missing package, or int8 without clips."""
    if format not in FORMATS:
        raise ExportError(f"unknown format {format!r}{suggestion(format, FORMATS)}; there are: {', '.join(FORMATS)}")
    if precision not in PRECISIONS_OF[format]:
        raise ExportError(f"{format} has no precision {precision!r} here; it has: {', '.join(PRECISIONS_OF[format])}")
    check_packages(format, precision)
    if not has_clips:
        raise ExportError("int8 is calibrated on clips: name them with --calibrate KIND:PATH")


def carried(step: Step, clips: Iterable[np.ndarray]) -> Iterable[Mapping[str, np.ndarray]]:
    """The inputs of every step over clips (t, h, w, c), the state carried: what int8 has to be calibrated on.

    Calibrated from fresh states alone, a trained net loses 2.5 points of mIoU.
    """
    for clip in clips:
        state = step.zeros()
        for frame in clip:
            inputs = {"frame": np.ascontiguousarray(frame[None], "uint8")} | state
            yield inputs
            outputs = step.function(**{name: keras.ops.convert_to_tensor(array) for name, array in inputs.items()})
            state = {spec.input: np.asarray(outputs[spec.output]) for spec in step.states}


def _checked_size(model: Any, size: tuple[int, int] | None) -> tuple[int, int]:
    if size is None:
        size = model.card.size
    if size is None:
        raise ExportError(f"{model.card.model} was not trained at one size; give --size HEIGHTxWIDTH")
    height, width = (int(side) for side in size)
    if not 8 <= min(height, width) <= max(height, width) <= 8192:
        raise ExportError(f"a size of {height}x{width} cannot be exported; take 8 to 8192 pixels a side")
    return height, width


def _with_suffix(path: Path, suffix: str) -> Path:
    return path if not suffix or path.suffix == suffix else path.with_name(path.name + suffix)


def _move(folder: Path, path: Path) -> None:
    """Put what was written in place, the named file last: OpenVINO writes two."""
    for part in sorted(folder.iterdir(), key=lambda part: part.name == path.name):
        target = path.with_name(part.name)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        os.replace(part, target)


def _sidecar(step: Step, format: str, precision: str, written: Path) -> Sidecar:
    card = step.model.card
    resizing = card.fit
    return Sidecar(
        format=format,
        file=written.name,
        model=card.model,
        classes=tuple(card.classes),
        palette=tuple((int(red), int(green), int(blue)) for red, green, blue in card.palette),
        void=card.void,
        head=card.head,
        channels=card.channels,
        size=step.size,
        batch=step.batch,
        resizing=None if resizing is None else dict(resizing),
        timesteps=card.timesteps,
        states=step.states,
        precision=precision,
        weights_sha256=weights_sha256(step.model),
        fingerprint=fingerprint(step.model),
        file_sha256=sha256_of(written),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Of what exports are made with, by package."""
    found = {"seqseg": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def export_in_child(arguments: list[str]) -> int:
    """`seqseg export` with these arguments in a process of its own that runs TensorFlow."""
    return subprocess.run(
        [sys.executable, "-m", "seqseg.cli.main", "export", *arguments],
        env=os.environ | {"KERAS_BACKEND": "tensorflow"},
        check=False,
    ).returncode

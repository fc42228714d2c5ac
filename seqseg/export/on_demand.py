"""A model under another runtime without an export by the user: exported once, kept in the cache."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import keras

from seqseg.errors import ConfigError, ExportError
from seqseg.export.formats import SUFFIXES
from seqseg.export.predictor import ExportedPredictor
from seqseg.export.runtimes import RUNTIMES
from seqseg.export.sidecar import read_sidecar
from seqseg.export.write import export_in_child, export_model, versions
from seqseg.geometry import Resizing, resizing_of_card
from seqseg.inference.snapshots import fingerprint
from seqseg.models.build import save_model
from seqseg.models.pretrained.cache import cache_folder
from seqseg.registry import suggestion


def open_predictor(
    model: Any, *, runtime: str, size: tuple[int, int] | str | Resizing | None = "trained", **options: Any
) -> ExportedPredictor:
    """What `Predictor(model, runtime=…)` gives.

    Args:
        model: a Keras model, or the path of a file that `seqseg export` wrote.
        runtime: "onnx", "openvino" or "litert".
        size: as `Predictor`'s; a file has its own.
        options: of `ExportedPredictor`.

    Raises:
        ExportError: there is no such runtime, or the model cannot be exported for it.
        ConfigError: the size is not one that a file can have.
    """
    if runtime not in RUNTIMES:
        known = ("keras", *RUNTIMES)
        raise ExportError(f"unknown runtime {runtime!r}{suggestion(runtime, known)}; there are: {', '.join(known)}")
    if isinstance(model, str | Path):
        if size not in (None, "trained"):
            raise ConfigError(f"{model} takes frames of one size alone; leave size out, or export it at that size")
        return ExportedPredictor(model, runtime=runtime, **options)
    resizing, size = _placed(model, size)
    path = cached_export(model, format=RUNTIMES[runtime][0], size=size, batch=options.get("slots") or 1)
    return ExportedPredictor(path, runtime=runtime, resizing=resizing, **options)


def cached_export(model: Any, *, format: str, size: tuple[int, int], batch: int = 1) -> Path:
    """The file of a model at a size and for a batch, written to `exports` in the cache folder unless it is there."""
    made_of = json.dumps([model.card.to_dict(), versions()], sort_keys=True, default=str)
    digest = hashlib.sha256(f"{fingerprint(model)} {made_of}".encode()).hexdigest()[:16]
    folder = cache_folder() / "exports"
    path = folder / f"{digest}-{batch}x{size[0]}x{size[1]}{SUFFIXES[format]}"
    if _is_whole(path):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    if keras.backend.backend() == "tensorflow":
        return export_model(model, path, format=format, size=size, batch=batch)
    with tempfile.TemporaryDirectory() as temporary:
        saved = Path(temporary) / "model.keras"
        save_model(model, saved)
        named = {"format": format, "size": f"{size[0]}x{size[1]}", "batch": batch, "out": path}
        flags = [part for name, value in named.items() for part in (f"--{name}", str(value))]
        if export_in_child([str(saved), *flags, "--no-verify"]):
            raise ExportError(f"{model.card.model} could not be exported as {format}; the lines above say why")
    return path


def _is_whole(path: Path) -> bool:
    try:
        read_sidecar(path)
    except ExportError:  # not there, cut short, or damaged: it is written again
        return False
    return True


def _placed(model: Any, size: tuple[int, int] | str | Resizing | None) -> tuple[Resizing, tuple[int, int]]:
    """How frames come to the file's size, and that size."""
    if isinstance(size, tuple | list):
        size = Resizing("resize", (int(size[0]), int(size[1])))
    if size == "trained":
        size = resizing_of_card(model.card.fit, model.card.size)
    if not isinstance(size, Resizing) or size.size is None:
        raise ConfigError(
            f"an export takes frames of one size, and {model.card.model} has none here; give size=(height, width)"
        )
    if size.name in ("native", "within") or not size.pad:  # those follow the frame; a file is always filled
        return Resizing("letterbox", size.size, enlarge=size.enlarge, border=size.border), size.size
    return size, size.size

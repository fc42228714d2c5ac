"""The metadata of an exported file: `NAME.json` beside it."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqseg.errors import ExportError
from seqseg.files import replacing

SCHEMA = 1
PRECISIONS = ("fp32", "fp16", "bf16", "int8")


@dataclasses.dataclass(frozen=True)
class StateSpec:
    """One state of a step.

    Attributes:
        name: as the model has it, such as "P3/h".
        input: the name of the file's input.
        output: the name of the file's output.
        shape: without the batch, such as (45, 60, 64).
    """

    name: str
    input: str
    output: str
    shape: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Sidecar:
    """All that a runtime needs to use an exported step, and where it came from.

    Attributes:
        format: "onnx", "openvino", "litert" or "saved_model".
        file: the name of the file (or folder) that this describes, beside the sidecar.
        model: the preset's name.
        classes: the classes' names, in the order of the logits.
        palette: [red, green, blue] a class.
        void: the label of pixels that do not count.
        head: "softmax", "sigmoid", "multi_label" or "frame".
        channels: of the frames.
        size: [height, width] of the frames that the step takes.
        batch: how many frames at once; None is any number.
        resizing: how frames come to that size: `Resizing.to_card` and "size"; None takes frames of that size alone.
        timesteps: frames of the clips that the model was trained on.
        states: of the step, in order.
        precision: of the arithmetic inside; states and logits are float32.
        weights_sha256: of the model's weights and their shapes, in order, as float32.
        fingerprint: the first 16 digits of `weights_sha256`; saved states carry it, so they resume under any runtime.
        file_sha256: of the file; of a folder, of its files by name.
        versions: of what made it.
        calibrated_frames: of int8, the frames through which the state was carried, in the longest clip.
    """

    format: str
    file: str
    model: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    void: int
    head: str
    channels: int
    size: tuple[int, int]
    batch: int | None
    resizing: dict[str, Any] | None
    timesteps: int | None
    states: tuple[StateSpec, ...]
    precision: str
    weights_sha256: str
    fingerprint: str
    file_sha256: str
    versions: dict[str, str]
    calibrated_frames: int | None = None
    schema: int = SCHEMA

    condition = 0
    """No export takes a vector."""

    def write(self, path: Path) -> None:
        """As JSON, whole or not at all."""
        with replacing(path) as file:
            file.write((json.dumps(dataclasses.asdict(self), indent=2) + "\n").encode())


def sidecar_path(path: str | Path) -> Path:
    """`step.onnx` -> `step.onnx.json`."""
    path = Path(path)
    return path.with_name(path.name + ".json")


def read_sidecar(path: str | Path) -> Sidecar:
    """The sidecar of an exported file.

    Raises:
        ExportError: there is none, it is damaged, it contradicts itself, or the file is not the one it was written for.
    """
    path, beside = Path(path), sidecar_path(path)
    if not path.exists():
        raise ExportError(f"{path} is not there; name a file that seqseg export wrote")
    try:
        entries = json.loads(beside.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(
            f"{beside} is not there, so {path.name} is no export of seqseg; keep both files together"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ExportError(f"{beside} cannot be read ({error}); export the model again") from None
    sidecar = _checked(entries, beside)
    if sidecar.file != path.name:
        raise ExportError(f"{beside} describes {sidecar.file}, not {path.name}; keep both files' names")
    if sha256_of(path) != sidecar.file_sha256:
        raise ExportError(f"{path} is not the file that {beside.name} describes (sha256 differs); export it again")
    return sidecar


def sha256_of(path: Path) -> str:
    """Of a file, or of all files of a folder by their names."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            if path.is_dir():
                digest.update(file.relative_to(path).as_posix().encode())
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()


def port_name(state: str) -> str:
    """The name of a state at the file: "P3.0/h" -> "p3_0_h". Lower case, since converters lower some names."""
    return re.sub(r"[^a-z0-9]+", "_", state.lower())


def _checked(entries: object, beside: Path) -> Sidecar:
    if not isinstance(entries, Mapping) or entries.get("schema") != SCHEMA:
        raise ExportError(f"{beside} is no sidecar of this version (schema {SCHEMA}); export the model again")
    entries = {"calibrated_frames": None, **entries}  # older files do not say
    fields = {field.name for field in dataclasses.fields(Sidecar)}
    if set(entries) != fields:
        wrong = ", ".join(sorted(set(entries) ^ fields))
        raise ExportError(f"{beside} has wrong or missing entries: {wrong}; export the model again")
    try:
        sidecar = _typed(entries)
    except (TypeError, ValueError, KeyError) as error:
        raise ExportError(f"{beside} cannot be understood ({error}); export the model again") from None
    reason = _contradiction(sidecar)
    if reason:
        raise ExportError(f"{beside}: {reason}; export the model again")
    return sidecar


def _typed(entries: Mapping[str, Any]) -> Sidecar:
    states = tuple(
        StateSpec(str(state["name"]), str(state["input"]), str(state["output"]), tuple(map(int, state["shape"])))
        for state in entries["states"]
    )
    height, width = (int(side) for side in entries["size"])
    palette = tuple((int(red), int(green), int(blue)) for red, green, blue in entries["palette"])
    rest = {
        "classes": tuple(map(str, entries["classes"])),
        "palette": palette,
        "size": (height, width),
        "batch": None if entries["batch"] is None else int(entries["batch"]),
        "states": states,
    }
    return Sidecar(**{**entries, **rest})


def _contradiction(sidecar: Sidecar) -> str | None:
    if min(sidecar.size) < 1 or max(sidecar.size) > 1 << 15:
        return f"a size of {sidecar.size} cannot be"
    if len(sidecar.palette) != len(sidecar.classes) or not sidecar.classes:
        return f"{len(sidecar.classes)} classes but {len(sidecar.palette)} colours"
    if any(not 0 <= part <= 255 for colour in sidecar.palette for part in colour):
        return "a colour is outside 0 to 255"
    names = [name for state in sidecar.states for name in (state.input, state.output)]
    if len(set(names)) != len(names):
        return "two states share a name"
    if any(side < 1 for state in sidecar.states for side in state.shape):
        return "a state has no elements"
    if sidecar.precision not in PRECISIONS:
        return f"precision {sidecar.precision!r} is none of {', '.join(PRECISIONS)}"
    return None

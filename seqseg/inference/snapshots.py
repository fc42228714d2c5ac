"""Save the states of running streams in one file, to resume after a restart or crash, or on another machine."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqseg.errors import ModelError, RunError
from seqseg.files import replacing
from seqseg.inference.arrays import on_host

if TYPE_CHECKING:  # states of exports need no Keras
    from seqseg.layers.tensor import State
    from seqseg.models.clip_model import ClipModel

VERSION = 1


@dataclass(frozen=True)
class Snapshot:
    """A stream's state, and the last frame that went into it.

    Attributes:
        state: as `Predictor.step` gives it.
        source: the name of the source of the frames.
        index, pts, epoch, checksum: of the last frame, `pts` in exact seconds; None where they are not known.
    """

    state: "State"
    source: str = ""
    index: int | None = None
    pts: Fraction | None = None
    epoch: int | None = None
    checksum: int | None = None


def fingerprint(model: "ClipModel") -> str:
    """The first 16 digits of `weights_sha256`, which mark the states of a model."""
    return weights_sha256(model)[:16]


def weights_sha256(model: "ClipModel") -> str:
    """The SHA-256 of a model's weights and their shapes, in order, as float32: the same only for the same weights."""
    digest = hashlib.sha256()
    for variable in model.variables:
        # Not its name: Keras numbers names again when a model is loaded.
        digest.update(str(tuple(variable.shape)).encode())
        digest.update(np.ascontiguousarray(on_host(variable), dtype="float32").tobytes())
    return digest.hexdigest()


def write_snapshots(path: str | Path, snapshots: Mapping[str, Snapshot], *, model: str) -> None:
    """Write {name: Snapshot} as `.npz`; `model` is the model's fingerprint. The file appears complete or not at all.

    Example:
        >>> write_snapshots("state.npz", {"left": Snapshot(state)}, model=fingerprint(model))
    """
    path = Path(path)
    arrays: dict[str, np.ndarray] = {}
    streams = []
    for number, (name, snapshot) in enumerate(snapshots.items()):
        arrays |= {f"{number}/{key}": on_host(tensor) for key, tensor in snapshot.state.items()}
        pts = None if snapshot.pts is None else str(snapshot.pts)
        streams.append([name, snapshot.source, snapshot.index, pts, snapshot.epoch, snapshot.checksum])
    arrays["facts"] = np.array(json.dumps({"version": VERSION, "model": model, "streams": streams}))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_snapshots(path: str | Path, *, model: str) -> dict[str, Snapshot]:
    """What `write_snapshots` wrote; a plain state of `save_state` is one stream without a name.

    Raises:
        RunError: there is no such file, or it holds no states.
        ModelError: the states belong to a model with another fingerprint.
    """
    arrays = _arrays(path)
    if "facts" not in arrays:
        return {"": Snapshot(arrays)}
    try:
        facts = json.loads(str(arrays.pop("facts")))
        owner, streams = facts["model"], facts["streams"]
        snapshots = {stream[0]: _snapshot(number, stream, arrays) for number, stream in enumerate(streams)}
    except (KeyError, TypeError, IndexError, ValueError) as error:  # ValueError: it is not JSON, or pts is no fraction
        raise _no_states(path) from error
    if owner != model:
        raise ModelError(
            f"{path} holds states of another model ({owner}, this one is {model}); "
            "give the run that they belong to, or start without them"
        )
    return snapshots


def _snapshot(number: int, stream: list[Any], arrays: Mapping[str, np.ndarray]) -> Snapshot:
    _, source, index, pts, *rest = stream  # older files have no checksum
    prefix = f"{number}/"
    state = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
    return Snapshot(state, source, index, None if pts is None else Fraction(pts), *rest)


_OF_ZIP = zipfile.BadZipFile, zlib.error, NotImplementedError  # the last for compression and encryption it lacks


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; give a file that --save-state wrote") from None
    except (OSError, ValueError, EOFError, TypeError, MemoryError, *_OF_ZIP) as error:
        raise _no_states(path) from error


def _no_states(path: str | Path) -> RunError:
    return RunError(f"{path} holds no states of streams; give a file that --save-state wrote")

"""Save the states of running streams in one file, to resume after a restart or crash, or on another machine."""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqseg.errors import ModelError, RunError
from seqseg.files import DAMAGED_ARRAYS, replacing
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
    facts = arrays.pop("facts", None)
    _require_finite(path, arrays)
    if facts is None:
        return {"": Snapshot(arrays)}
    try:
        entries = json.loads(str(facts))
        owner, streams = str(entries["model"]), entries["streams"]
        snapshots = {str(stream[0]): _snapshot(number, stream, arrays) for number, stream in enumerate(streams)}
    except (
        KeyError,
        TypeError,
        IndexError,
        ValueError,
        RecursionError,
    ) as error:  # not JSON, or not what it should say
        raise _no_states(path) from error
    if owner != model:
        raise ModelError(
            f"{path} holds states of another model ({owner}, this one is {model}); "
            "give the run that they belong to, or start without them"
        )
    return snapshots


def _snapshot(number: int, stream: list[Any], arrays: Mapping[str, np.ndarray]) -> Snapshot:
    _, source, index, pts, epoch, *checksums = stream  # older files have no checksum
    (checksum,) = checksums or (None,)
    if not isinstance(source, str) or not all(_is_count(value) for value in (index, epoch, checksum)):
        raise ValueError("a stream's facts are not those of a frame")
    prefix = f"{number}/"
    state = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
    return Snapshot(state, source, index, None if pts is None else _exact(pts), epoch, checksum)


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63)


def _exact(pts: object) -> Fraction:
    if not isinstance(pts, str) or not _SECONDS.fullmatch(pts):
        raise ValueError(f"{str(pts)[:40]!r} is no time")
    return Fraction(pts)


# As `str(Fraction)` writes them; what needs more digits is no time, and its exact value could be endless.
_SECONDS = re.compile(r"-?\d{1,30}(/[1-9]\d{0,29})?")


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    try:
        with open(path, "rb") as file:
            _refuse_bomb(path)
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; give a file that --save-state wrote") from None
    except DAMAGED_ARRAYS as error:
        raise _no_states(path) from error


def _refuse_bomb(path: str | Path) -> None:
    """States are stored as they are, so that members cannot be larger than the file."""
    with zipfile.ZipFile(path) as file:
        if sum(member.file_size for member in file.infolist()) > Path(path).stat().st_size:
            raise ValueError("its members say that they are larger than the file")


def _require_finite(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise _no_states(path)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise RunError(f"{path} has a state {name!r} that is not finite; start without it, or give an earlier file")


def _no_states(path: str | Path) -> RunError:
    return RunError(f"{path} holds no states of streams; give a file that --save-state wrote")

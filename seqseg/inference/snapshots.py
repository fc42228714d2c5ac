"""States of running streams in one file, to go on from: after a restart, on another machine, or after a crash."""

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from keras import ops

from seqseg.errors import ModelError, RunError

VERSION = 1


@dataclass(frozen=True)
class Snapshot:
    """Where a stream stood: its state, and the last frame that went into it (None where nobody noted it).

    source: what the frames came from. index, pts (exact seconds), epoch, checksum: the last frame's.
    """

    state: dict
    source: str = ""
    index: int | None = None
    pts: Fraction | None = None
    epoch: int | None = None
    checksum: int | None = None


def fingerprint(model):
    """16 hexadecimal digits that are the same for models with the same weights only."""
    digest = hashlib.sha256()
    for variable in model.variables:
        # Not its name, which Keras numbers anew when a model is loaded again.
        digest.update(str(tuple(variable.shape)).encode())
        digest.update(np.ascontiguousarray(ops.convert_to_numpy(variable), dtype="float32").tobytes())
    return digest.hexdigest()[:16]


def write_snapshots(path, snapshots, *, model):
    """Write {name: Snapshot} as `.npz`; `model` is the fingerprint of the model. The file appears whole or not at all.

    Example:
        >>> write_snapshots("state.npz", {"left": Snapshot(state)}, model=fingerprint(model))
    """
    path, arrays, streams = Path(path), {}, []
    for number, (name, snapshot) in enumerate(snapshots.items()):
        arrays |= {f"{number}/{key}": ops.convert_to_numpy(tensor) for key, tensor in snapshot.state.items()}
        pts = None if snapshot.pts is None else str(snapshot.pts)
        streams.append([name, snapshot.source, snapshot.index, pts, snapshot.epoch, snapshot.checksum])
    facts = json.dumps({"version": VERSION, "model": model, "streams": streams})
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            np.savez(file, facts=np.array(facts), **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def read_snapshots(path, *, model):
    """What `write_snapshots` wrote; a plain state of `save_state` is one stream without a name.

    Raises:
        RunError: there is no such file, or it is no state.
        ModelError: the states belong to a model with another fingerprint.
    """
    arrays = _arrays(path)
    if "facts" not in arrays:
        return {"": Snapshot(arrays)}
    try:
        facts = json.loads(str(arrays.pop("facts")))
        if facts["model"] != model:
            raise ModelError(
                f"{path} holds states of another model ({facts['model']}, this one is {model}); "
                "give the run whose states they are, or leave them out to start afresh"
            )
        return {
            name: Snapshot(
                {key.partition("/")[2]: array for key, array in arrays.items() if key.partition("/")[0] == str(number)},
                source,
                index,
                None if pts is None else Fraction(pts),
                *rest,  # files of before have no checksum
            )
            for number, (name, source, index, pts, *rest) in enumerate(facts["streams"])
        }
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise RunError(f"{path} is no file of states; give what --save-state wrote") from error


def _arrays(path):
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist; give a file that --save-state wrote") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise RunError(f"{path} is no file of states; give what --save-state wrote") from error


def _sync_folder(folder):
    """The new name, too, has to survive a power cut; only Linux and its kin let folders be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

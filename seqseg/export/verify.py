"""Compare an exported file with the model over a sequence, with the state carried.

Like Ultralytics' `benchmark` (one table a format), plus: many frames of recurrence, a reset, a second stream in another
phase, inputs in another order, and all values finite.
"""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.comparison import Comparison, Verification, megabytes, reference_of, zeros_of
from seqseg.export.runtimes import Runtime, open_runtime
from seqseg.export.sidecar import Sidecar
from seqseg.export.step import states_of
from seqseg.inference.snapshots import fingerprint

MOVIE_FRAMES = 64  # of a real movie


def verify(path: str | Path, model: Any, *, clip: np.ndarray | None = None, runtime: str | None = None) -> Verification:
    """Run `model` and the file over the same sequences and compare everything.

    Args:
        path: what `seqseg export` wrote.
        model: the Keras model that it is to equal.
        clip: (t, h, w, c) uint8 of the file's size, at least 64 frames of a real movie; None takes noise alone.
        runtime: see `open_runtime`.

    Raises:
        ExportError: the file cannot be opened at all.
    """
    started = time.perf_counter()
    run, sidecar = open_runtime(path, runtime=runtime)
    problems = _of_another_model(sidecar, model)
    sequences = [_noise(sidecar)] + ([] if clip is None else [_checked_clip(clip, sidecar)])
    try:
        run({"frame": _batch(sequences[0][:1], sidecar)} | zeros_of(sidecar))
    except ExportError as error:  # what it says of itself is not what it takes
        problems.append(str(error))
    start_seconds = time.perf_counter() - started
    if problems:  # it may not even take the model's states
        return _failed(path, sidecar, start_seconds, problems)
    found = Comparison(sidecar)
    reference = reference_of(model)
    for sequence in sequences:
        found.compare(run, model, reference, sequence)
    problems += found.problems() + _order_problems(run, sidecar, sequences[0]) + _calibration_problems(sidecar)
    return found.result(Path(path), start_seconds, problems)


def _failed(path: str | Path, sidecar: Sidecar, start_seconds: float, problems: Sequence[str]) -> Verification:
    measured = ("difference", "state_difference", "equal_percent", "equal_first", "equal_last", "ms_p50", "ms_p95")
    return Verification(
        path=str(path),
        format=sidecar.format,
        precision=sidecar.precision,
        frames=0,
        megabytes=megabytes(Path(path)),
        start_seconds=start_seconds,
        problems=tuple(problems),
        **dict.fromkeys(measured, math.nan),
    )


def _of_another_model(sidecar: Sidecar, model: Any) -> list[str]:
    problems = []
    if fingerprint(model) != sidecar.fingerprint:
        problems.append("it was made from other weights than the model has (fingerprint differs)")
    if [(one.name, one.shape) for one in states_of(model, sidecar.size)] != [
        (one.name, one.shape) for one in sidecar.states
    ]:
        problems.append(f"its states are {_names(sidecar)}, the model has {_state_names(model, sidecar)}")
    if tuple(model.card.classes) != sidecar.classes:
        problems.append("its classes are not the model's")
    return problems


def _calibration_problems(sidecar: Sidecar) -> list[str]:
    if sidecar.states and sidecar.calibrated_frames is not None and sidecar.calibrated_frames < 2:
        return ["int8 was calibrated on fresh states only (clips of one frame); export it again with longer clips"]
    return []


def _order_problems(run: Runtime, sidecar: Sidecar, sequence: np.ndarray) -> list[str]:
    """The same inputs in reverse order must give the same outputs; a file that reads them by position swaps states."""
    rng = np.random.default_rng(1)
    inputs = {"frame": _batch(sequence[:1], sidecar)}
    inputs |= {name: rng.normal(0, 0.1, array.shape).astype("float32") for name, array in zeros_of(sidecar).items()}
    there, back = run(inputs), run(dict(reversed(inputs.items())))
    different = [name for name in there if not np.array_equal(there[name], back[name])]
    return [f"{', '.join(different)} change with the order of the inputs"] if different else []


def _batch(frames: np.ndarray, sidecar: Sidecar) -> np.ndarray:
    return np.repeat(frames, sidecar.batch or 1, axis=0)


def _noise(sidecar: Sidecar, frames: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (frames, *sidecar.size, sidecar.channels), dtype="uint8")


def _checked_clip(clip: np.ndarray, sidecar: Sidecar) -> np.ndarray:
    if clip.shape[1:] != (*sidecar.size, sidecar.channels):
        raise ExportError(f"the clip is {clip.shape}, but the file takes frames of {(*sidecar.size, sidecar.channels)}")
    return clip


def _names(sidecar: Sidecar) -> str:
    return ", ".join(f"{spec.name} {spec.shape}" for spec in sidecar.states) or "none"


def _state_names(model: Any, sidecar: Sidecar) -> str:
    return ", ".join(f"{spec.name} {spec.shape}" for spec in states_of(model, sidecar.size)) or "none"

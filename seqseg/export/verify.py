"""Compare an exported file with the model over a sequence, with the state carried.

Like Ultralytics' `benchmark` (one table a format), plus: many frames of recurrence, a reset, a second stream in another
phase, inputs in another order, and all values finite.
"""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.errors import ExportError
from seqseg.export.runtimes import Runtime, open_runtime
from seqseg.export.sidecar import Sidecar
from seqseg.export.step import states_of, weights_sha256
from seqseg.inference.compiling import Step, compile_step

LIMITS = {"fp32": 1e-4, "fp16": math.inf, "bf16": math.inf, "int8": math.inf}
"""How far logits may differ, by precision."""
EQUAL = {"fp32": 99.9, "fp16": 99.9, "bf16": 99.9, "int8": 98.5}
"""How many per cent of the pixels must have the model's class, by precision."""
ENDS = 16  # frames at the start and the end of a sequence that are compared, to see drift
MOVIE_FRAMES = 64  # of a real movie
RESET = 24  # the frame before which the state is reset


@dataclasses.dataclass(frozen=True)
class Verification:
    """What was found; `problems` is empty when the file does what the model does.

    Attributes:
        path: of the file.
        format, precision: of the file.
        frames: compared, over all sequences.
        difference: the largest difference of any logit.
        state_difference: the largest difference of any value of a state.
        equal_percent: of the pixels, those with the model's class.
        equal_first, equal_last: the same over the first and the last 16 frames of the sequences.
        ms_p50, ms_p95: a step.
        megabytes: of the file.
        start_seconds: from nothing to the first mask.
        problems: what is wrong, a line each.
    """

    path: str
    format: str
    precision: str
    frames: int
    difference: float
    state_difference: float
    equal_percent: float
    equal_first: float
    equal_last: float
    ms_p50: float
    ms_p95: float
    megabytes: float
    start_seconds: float
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


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
    first = _zeros(sidecar)
    run({"frame": _batch(sequences[0][:1], sidecar)} | first)
    start_seconds = time.perf_counter() - started
    if problems:  # it may not even take the model's states
        return _failed(path, sidecar, start_seconds, problems)
    found = _Comparison(sidecar)
    reference = _reference(model)
    for sequence in sequences:
        found.compare(run, model, reference, sequence)
    problems += found.problems() + _order_problems(run, sidecar, sequences[0])
    return found.result(Path(path), start_seconds, problems)


class _Comparison:
    def __init__(self, sidecar: Sidecar):
        self.sidecar = sidecar
        self.difference = self.state_difference = 0.0
        self.equal: list[float] = []
        self.first: list[float] = []
        self.last: list[float] = []
        self.times: list[float] = []
        self.broken: list[str] = []

    def compare(self, run: Runtime, model: Any, reference: Step, sequence: np.ndarray) -> None:
        """A sequence in the first row of the batch; in every other row, where there is one, the same backwards."""
        rows = self.sidecar.batch or 2
        streams = np.stack([sequence if row % 2 == 0 else sequence[::-1] for row in range(rows)])
        state = _zeros(self.sidecar, rows)
        expected = dict(model.initial_state(rows, *self.sidecar.size))
        for index in range(len(sequence)):
            if index == RESET:
                state, expected = _reset_first(state), _reset_expected(expected)
            frames = np.ascontiguousarray(streams[:, index])
            begun = time.perf_counter()
            outputs = run({"frame": frames} | state)
            self.times.append(1000 * (time.perf_counter() - begun))
            logits, expected = reference(frames, expected, None)
            logits = np.asarray(_numpy(logits), "float32")
            self._see(outputs, logits, expected, _masks(model, logits), index, len(sequence))
            state = {spec.input: np.asarray(outputs[spec.output]) for spec in self.sidecar.states}

    def _see(
        self, outputs: Mapping[str, np.ndarray], logits: np.ndarray, state: Any, masks: np.ndarray, index: int, of: int
    ) -> None:
        for name, array in outputs.items():
            if not np.isfinite(array).all():
                self._break(f"{name} is not finite at frame {index}")
        if outputs["logits"].shape != logits.shape or outputs["mask"].shape != masks.shape:
            self._break(f"logits are {outputs['logits'].shape}, the model's {logits.shape}")
            return
        if outputs["mask"].dtype != np.uint8:
            self._break(f"the mask is {outputs['mask'].dtype}, not uint8")
        self.difference = max(self.difference, _largest(outputs["logits"], logits))
        for spec in self.sidecar.states:
            far = _largest(outputs[spec.output], _numpy(state[spec.name]))
            self.state_difference = max(self.state_difference, far)
        equal = 100 * float((outputs["mask"] == masks).mean())
        self.equal.append(equal)
        if index < ENDS:
            self.first.append(equal)
        if index >= of - ENDS:
            self.last.append(equal)

    def _break(self, problem: str) -> None:
        if len(self.broken) < 8:
            self.broken.append(problem)

    def problems(self) -> list[str]:
        precision, problems = self.sidecar.precision, list(self.broken)
        if self.difference > LIMITS[precision]:
            problems.append(f"logits differ by up to {self.difference:.2g}, more than {LIMITS[precision]:g}")
        if self.equal and np.mean(self.equal) < EQUAL[precision]:
            problems.append(f"{np.mean(self.equal):.2f} % of the pixels are equal, less than {EQUAL[precision]} %")
        return problems

    def result(self, path: Path, start_seconds: float, problems: Sequence[str]) -> Verification:
        p50, p95 = np.percentile(self.times, [50, 95])
        equal, first, last = (
            float(np.mean(part)) if part else math.nan for part in (self.equal, self.first, self.last)
        )
        return Verification(
            path=str(path),
            format=self.sidecar.format,
            precision=self.sidecar.precision,
            frames=len(self.equal),
            difference=self.difference,
            state_difference=self.state_difference,
            equal_percent=equal,
            equal_first=first,
            equal_last=last,
            ms_p50=float(p50),
            ms_p95=float(p95),
            megabytes=megabytes(path),
            start_seconds=start_seconds,
            problems=tuple(problems),
        )


def _reference(model: Any) -> Step:
    """The model's own step: frames and a state -> logits and the state."""

    def step(frames: Any, state: Any, _: Any) -> Any:
        return model(frames, state=state, return_state=True, training=False)

    return compile_step(model, step)


def megabytes(path: Path) -> float:
    """Of an exported file with what belongs to it, but for the sidecar."""
    files = path.rglob("*") if path.is_dir() else [path, path.with_suffix(".bin")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


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
    if weights_sha256(model) != sidecar.weights_sha256:
        problems.append("it was made from other weights than the model has (sha256 differs)")
    if states_of(model, sidecar.size) != sidecar.states:
        problems.append(f"its states are {_names(sidecar)}, the model has {_state_names(model, sidecar)}")
    if tuple(model.card.classes) != sidecar.classes:
        problems.append("its classes are not the model's")
    return problems


def _order_problems(run: Runtime, sidecar: Sidecar, sequence: np.ndarray) -> list[str]:
    """The same inputs in reverse order must give the same outputs; a file that reads them by position swaps states."""
    rng = np.random.default_rng(1)
    inputs = {"frame": _batch(sequence[:1], sidecar)}
    inputs |= {name: rng.normal(0, 0.1, array.shape).astype("float32") for name, array in _zeros(sidecar).items()}
    there, back = run(inputs), run(dict(reversed(inputs.items())))
    different = [name for name in there if not np.array_equal(there[name], back[name])]
    return [f"{', '.join(different)} change with the order of the inputs"] if different else []


def _noise(sidecar: Sidecar, frames: int = 64) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (frames, *sidecar.size, sidecar.channels), dtype="uint8")


def _checked_clip(clip: np.ndarray, sidecar: Sidecar) -> np.ndarray:
    if clip.shape[1:] != (*sidecar.size, sidecar.channels):
        raise ExportError(f"the clip is {clip.shape}, but the file takes frames of {(*sidecar.size, sidecar.channels)}")
    return clip


def _zeros(sidecar: Sidecar, rows: int | None = None) -> dict[str, np.ndarray]:
    rows = rows or sidecar.batch or 1
    return {spec.input: np.zeros((rows, *spec.shape), "float32") for spec in sidecar.states}


def _batch(frames: np.ndarray, sidecar: Sidecar) -> np.ndarray:
    return np.repeat(frames, sidecar.batch or 1, axis=0)


def _reset_first(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state with its first row fresh: the other streams go on."""
    state = {name: array.copy() for name, array in state.items()}
    for array in state.values():
        array[0] = 0
    return state


def _reset_expected(state: Any) -> Any:
    return _reset_first({name: np.array(_numpy(tensor)) for name, tensor in state.items()})


def _masks(model: Any, logits: np.ndarray) -> np.ndarray:
    head = model.card.head
    if head == "frame":
        return np.asarray(np.round(np.clip(logits, 0, 255)), "uint8")
    return np.asarray(logits > 0, "uint8") if head == "multi_label" else np.asarray(logits.argmax(-1), "uint8")


def _largest(here: np.ndarray, there: np.ndarray) -> float:
    if here.shape != there.shape:
        return math.inf
    difference = np.abs(here.astype("float32") - there)
    return float(difference.max()) if np.isfinite(difference).all() else math.inf


def _numpy(tensor: Any) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _names(sidecar: Sidecar) -> str:
    return ", ".join(f"{spec.name} {spec.shape}" for spec in sidecar.states) or "none"


def _state_names(model: Any, sidecar: Sidecar) -> str:
    return ", ".join(f"{spec.name} {spec.shape}" for spec in states_of(model, sidecar.size)) or "none"

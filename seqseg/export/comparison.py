"""Compare a model and an exported file on the same frames: their differences, and the speed of the file."""

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.export.runtimes import Runtime
from seqseg.export.sidecar import Sidecar, StateSpec
from seqseg.inference.arrays import on_host
from seqseg.inference.compiling import Step, compile_step

LIMITS = {"fp32": 1e-4, "fp16": math.inf, "bf16": math.inf, "int8": math.inf}
"""How far logits may differ, by precision, as a fraction of the largest one where that is above 1."""
EQUAL = {"fp32": 99.9, "fp16": 99.9, "bf16": 99.9, "int8": 98.5}
"""How many per cent of the pixels must have the model's class, by precision."""
SAME = 1e-3  # two states that differ by less are one and the same
ENDS = 16  # frames at the start and the end of a sequence that are compared, to see drift
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


class Comparison:
    """What was found so far of a file with this sidecar."""

    def __init__(self, sidecar: Sidecar):
        self.sidecar = sidecar
        self.difference = self.state_difference = 0.0
        self.scale = 1.0  # the largest logit, above 1: predictors of frames give 0 to 255
        self.equal: list[float] = []
        self.first: list[float] = []
        self.last: list[float] = []
        self.times: list[float] = []
        self.broken: list[str] = []

    def compare(self, run: Runtime, model: Any, reference: Step, sequence: np.ndarray) -> None:
        """A sequence in the first row of the batch; in every other row, where there is one, the same backwards."""
        rows = self.sidecar.batch or 2
        streams = np.stack([sequence if row % 2 == 0 else sequence[::-1] for row in range(rows)])
        state = zeros_of(self.sidecar, rows)
        expected = dict(model.initial_state(rows, *self.sidecar.size))
        for index in range(len(sequence)):
            if index == RESET:
                state, expected = _reset_first(state), _reset_expected(expected)
            frames = np.ascontiguousarray(streams[:, index])
            begun = time.perf_counter()
            outputs = run({"frame": frames} | state)
            self.times.append(1000 * (time.perf_counter() - begun))
            logits, expected = reference(frames, expected, None)
            logits = np.asarray(on_host(logits), "float32")
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
        self.scale = max(self.scale, float(np.abs(logits).max()))
        for spec in self.sidecar.states:
            far = _largest(outputs[spec.output], on_host(state[spec.name]))
            self.state_difference = max(self.state_difference, far)
            if far > SAME:
                self._see_swapped(spec, outputs[spec.output], state)
        equal = 100 * float((outputs["mask"] == masks).mean())
        self.equal.append(equal)
        if index < ENDS:
            self.first.append(equal)
        if index >= of - ENDS:
            self.last.append(equal)

    def _see_swapped(self, spec: StateSpec, came: np.ndarray, state: Any) -> None:
        for other in self.sidecar.states:
            if other != spec and _largest(came, on_host(state[other.name])) < SAME:
                self._break(f"{spec.output} holds the state {other.name}, not {spec.name}: states are swapped")

    def _break(self, problem: str) -> None:
        if len(self.broken) < 8 and problem not in self.broken:
            self.broken.append(problem)

    def problems(self) -> list[str]:
        """What is wrong, a line each."""
        precision, problems = self.sidecar.precision, list(self.broken)
        if self.difference > (limit := LIMITS[precision] * self.scale):
            problems.append(f"logits differ by up to {self.difference:.2g}, more than {limit:.1g}")
        if self.equal and np.mean(self.equal) < EQUAL[precision]:
            problems.append(f"{np.mean(self.equal):.2f} % of the pixels are equal, less than {EQUAL[precision]} %")
        return problems

    def result(self, path: Path, start_seconds: float, problems: Sequence[str]) -> Verification:
        """All that was found."""
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


def reference_of(model: Any) -> Step:
    """The model's own step: frames and a state -> logits and the state."""

    def step(frames: Any, state: Any, _: Any) -> Any:
        return model(frames, state=state, return_state=True, training=False)

    return compile_step(model, step)


def megabytes(path: Path) -> float:
    """Of an exported file with what belongs to it, but for the sidecar."""
    files = path.rglob("*") if path.is_dir() else [path, path.with_suffix(".bin")]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def zeros_of(sidecar: Sidecar, rows: int | None = None) -> dict[str, np.ndarray]:
    rows = rows or sidecar.batch or 1
    return {spec.input: np.zeros((rows, *spec.shape), "float32") for spec in sidecar.states}


def _reset_first(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The state with its first row fresh: the other streams go on."""
    state = {name: array.copy() for name, array in state.items()}
    for array in state.values():
        array[0] = 0
    return state


def _reset_expected(state: Any) -> Any:
    return _reset_first({name: np.array(on_host(tensor)) for name, tensor in state.items()})


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

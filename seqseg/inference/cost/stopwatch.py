"""The cost of one stream of a model on this machine: counted, timed, and its memory measured in a separate process."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from seqseg.errors import ModelError
from seqseg.inference.cost.arithmetic import MEGA, frame_gflops, state_mb, weights_mb
from seqseg.inference.cost.machine import can_weigh, machine, peak_memory, start_weighing
from seqseg.inference.predictor import Predictor
from seqseg.layers.tensor import State
from seqseg.models.build import build_model
from seqseg.models.presets import PRESETS

WARM_UP, FRAMES, SECONDS = 3, 20, 20


def measure_alone(
    name: str,
    *,
    classes: int = 21,
    size: tuple[int, int] = (360, 480),
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`measure` in a separate process, so that the memory of no other model is counted; `environment`: more for it.

    Raises:
        ModelError: the process was killed, as it is when memory runs out.
    """
    command = [sys.executable, "-m", "seqseg.inference.cost.stopwatch", name, str(classes), *map(str, size)]
    own = os.environ | {"KERAS_BACKEND": keras.backend.backend()} | dict(environment or {})
    done = subprocess.run(command, env=own, capture_output=True, text=True)
    if done.returncode < 0:
        raise ModelError(
            f"measuring {name} at {size[0]}x{size[1]} was killed by signal {-done.returncode}, as happens when memory "
            "runs out; take a smaller --size"
        )
    if done.returncode:
        raise RuntimeError(f"measuring {name} failed:\n{done.stderr}")
    measured: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured


def measure(name: str, *, classes: int = 21, size: tuple[int, int] = (360, 480)) -> dict[str, Any]:
    """The cost of the model `name` as plain data; memory is right only in a fresh process (`measure_alone`).

    Returns:
        A dict: "name", "about", "classes", "size", "parameters", "gflops" (`frame_gflops`), "weights_mb", "state_mb"
        of one stream, "memory_mb" (the peak that the model and one stream add to a process whose libraries are warm:
        weights, feature maps, state; None where the system is not Linux), "milliseconds" (the median of
        `Predictor.step` on one frame, after a warm-up), "machine", "date".
    """
    before = _settled_memory()
    model = build_model(name, classes=classes)
    if can_weigh():
        start_weighing()
    milliseconds = time_frames(Predictor(model), (*size, model.card.channels))
    peak = peak_memory() if can_weigh() else None
    return {
        "name": name,
        "about": about(name),
        "classes": classes,
        "size": list(size),
        "parameters": model.count_params(),
        "gflops": _short(frame_gflops(model, size)),
        "weights_mb": _short(weights_mb(model)),
        "state_mb": _short(state_mb(model, size)),
        "memory_mb": None if peak is None else _short((peak - before) / MEGA),
        "milliseconds": _short(milliseconds),
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
    }


def about(name: str) -> str:
    """The first line of a preset's documentation."""
    return (PRESETS[name].__doc__ or "").strip().split("\n")[0]


def time_frames(
    predictor: Predictor, shape: tuple[int, ...], *, frames: int = FRAMES, seconds: float = SECONDS
) -> float:
    """The median milliseconds of a streamed frame of `shape`, over `frames` or as many as `seconds` allow."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape), "uint8")
    state: State | None = None
    times: list[float] = []
    begin = time.perf_counter()
    for k in range(WARM_UP + frames):
        start = time.perf_counter()
        _, state = predictor.step(noise[k % len(noise)], state)
        end = time.perf_counter()
        times.append(end - start)
        if k >= WARM_UP and end - begin > seconds:
            break
    return 1000 * statistics.median(times[WARM_UP:])


def _settled_memory() -> int:
    """The bytes held after a first small model has made the backend allocate its threads and buffers; 0 off Linux."""
    if not can_weigh():
        return 0
    time_frames(Predictor(build_model("simple", classes=2, filters=2)), (16, 16, 3), frames=1)
    return start_weighing()


def _short(number: float) -> float:
    """Four significant digits; a measurement has no more."""
    return float(f"{number:.4g}")


if __name__ == "__main__":
    preset, *numbers = sys.argv[1:]
    count, height, width = map(int, numbers)
    print(json.dumps(measure(preset, classes=count, size=(height, width))))

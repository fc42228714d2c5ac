"""What one stream of a model costs on this machine: counted, timed, and weighed in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
import time

import keras
import numpy as np

from seqseg.errors import ModelError
from seqseg.inference.cost.arithmetic import MEGA, frame_gflops, state_mb, weights_mb
from seqseg.inference.cost.machine import can_weigh, machine, peak_memory, start_weighing
from seqseg.inference.predictor import Predictor
from seqseg.models import PRESETS, build_model

WARM_UP, FRAMES, SECONDS = 3, 20, 20


def measure_alone(name, *, classes=21, size=(360, 480)):
    """`measure` in a process of its own, so that no other model's memory is counted.

    Raises:
        ModelError: the process was killed, as it is when memory runs out.
    """
    command = [sys.executable, "-m", "seqseg.inference.cost.stopwatch", name, str(classes), *map(str, size)]
    environment = os.environ | {"KERAS_BACKEND": keras.backend.backend()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode < 0:
        raise ModelError(
            f"measuring {name} at {size[0]}x{size[1]} was killed by signal {-done.returncode}, as happens when memory "
            "runs out; take a smaller --size"
        )
    if done.returncode:
        raise RuntimeError(f"measuring {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(name, *, classes=21, size=(360, 480)):
    """What the model `name` costs, as plain data; its memory is right only in a fresh process (`measure_alone`).

    Returns:
        A dict: "name", "about", "classes", "size", "parameters", "gflops" (`frame_gflops`), "weights_mb", "state_mb"
        of one stream, "memory_mb" (the most that the model and a stream of it, one frame at a time, added to a process
        whose libraries had been at work before: weights, maps and state; None off Linux), "milliseconds" (the median
        of `Predictor.step` with one frame, once warm), "machine", "date".
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


def about(name):
    """The first line of a preset's documentation."""
    return (PRESETS[name].__doc__ or "").strip().split("\n")[0]


def time_frames(predictor, shape, *, frames=FRAMES, seconds=SECONDS):
    """The median milliseconds of a streamed frame of `shape`: of `frames`, or of as many as fit into `seconds`."""
    noise = np.random.default_rng(0).integers(0, 256, (4, *shape), "uint8")
    state, times, begin = None, [], time.perf_counter()
    for k in range(WARM_UP + frames):
        start = time.perf_counter()
        _, state = predictor.step(noise[k % len(noise)], state)
        end = time.perf_counter()
        times.append(end - start)
        if k >= WARM_UP and end - begin > seconds:
            break
    return 1000 * statistics.median(times[WARM_UP:])


def _settled_memory():
    """Bytes held once the backend has its threads and buffers, which a first small model brings about."""
    if not can_weigh():
        return None
    time_frames(Predictor(build_model("simple", classes=2, filters=2)), (16, 16, 3), frames=1)
    return start_weighing()


def _short(number):
    """Four figures: a measurement is not known better."""
    return float(f"{number:.4g}")


if __name__ == "__main__":
    preset, *numbers = sys.argv[1:]
    count, height, width = map(int, numbers)
    print(json.dumps(measure(preset, classes=count, size=(height, width))))

"""Memory over pictures of many sizes, each compiled by itself: training, scoring, streaming, in processes of their own.

.venv/bin/python scripts/benchmarks/memory_of_sizes.py            all three, 160 sizes each
.venv/bin/python scripts/benchmarks/memory_of_sizes.py training   one, with a line every 16 sizes
"""

import ctypes
import gc
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
from measure import in_a_process, memory_now  # noqa: E402

from seqseg.evaluation.class_scorer import ClassScorer  # noqa: E402
from seqseg.inference import Predictor  # noqa: E402
from seqseg.losses import CrossEntropy  # noqa: E402
from seqseg.models import build_model  # noqa: E402
from seqseg.training.optimizing.learner import PROGRAMS, Learner  # noqa: E402

SIZES, FRAMES, EVERY = 160, 2_000, 16
NAME, MODEL = "shallow_lstm", {"classes": 5, "filters": 4}


def sizes(count=SIZES):
    """Different sizes of 32 to 63 by 40 to 79 pixels in random order: late ones are no larger than early ones."""
    rng = np.random.default_rng(0)
    places = rng.choice(32 * 40, count, replace=False)
    return [(32 + int(place) // 40, 40 + int(place) % 40) for place in places]


def training():
    """A step of training on clips of 2 frames for each size."""
    learner = Learner(build_model(NAME, **MODEL))
    learner.compile("adam", CrossEntropy(), jit_compile=False)
    rng = np.random.default_rng(1)

    def step(size):
        clips = rng.integers(0, 256, (1, 2, *size, 3), "uint8")
        learner.train_on_batch(clips, rng.integers(0, 5, (1, 2, *size), "uint8"))

    return step


def scoring():
    """A batch of validation for each size."""
    network = build_model(NAME, **MODEL)
    scorer = ClassScorer(network, CrossEntropy())
    rng = np.random.default_rng(1)

    def step(size):
        clips = rng.integers(0, 256, (1, 2, *size, 3), "uint8")
        scorer.predict_on_batch({"clips": clips, "labels": rng.integers(0, 5, (1, 2, *size), "uint8")})

    return step


def streaming():
    """Two frames of a stream for each size, the second with the state of the first."""
    predictor = Predictor(build_model(NAME, **MODEL), size=None)
    rng = np.random.default_rng(1)

    def step(size):
        state = None
        for image in rng.integers(0, 256, (2, *size, 3), "uint8"):
            _, state = predictor.step(image, state)

    return step


STEPS = {"training": training, "scoring": scoring, "streaming": streaming}


def alone(name, count):
    """MiB after every 16 sizes, and the growth a size before and after `PROGRAMS` are kept."""
    step, held = STEPS[name](), {}
    for number, size in enumerate(sizes(count), 1):
        step(size)
        if number % EVERY == 0:
            held[number] = settled_memory()
    return {"MiB": held, "before the cap": slope(held, EVERY, PROGRAMS), "after it": slope(held, PROGRAMS, count)}


def frames():
    """MiB after every 200 of 2,000 frames of a stream whose picture has another size after every 12 or 13 frames."""
    step, held, shapes = streaming_frame(), {}, sizes()
    for number in range(1, FRAMES + 1):
        step(shapes[(number - 1) * SIZES // FRAMES])
        if number % 200 == 0:
            held[number] = settled_memory()
    return {"MiB": held}


def streaming_frame():
    predictor = Predictor(build_model(NAME, **MODEL), size=None)
    rng = np.random.default_rng(1)
    return lambda size: predictor.step(rng.integers(0, 256, (*size, 3), "uint8"), None)


def settled_memory():
    """MiB that are in use: garbage is collected and free memory given back to the system."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return round(memory_now(), 1)


def slope(held, first, last):
    """MiB a size, by least squares from the first number of sizes to the last."""
    numbers = [number for number in held if first <= number <= last]
    return round(float(np.polyfit(numbers, [held[number] for number in numbers], 1)[0]), 3) if len(numbers) > 1 else 0.0


def main(names):
    if len(names) == 1:
        print(json.dumps(frames() if names[0] == "frames" else alone(names[0], SIZES)))
        return
    for name in [*STEPS, "frames"]:
        print(name, json.dumps(in_a_process("memory_of_sizes.py", name)))


if __name__ == "__main__":
    main(sys.argv[1:])

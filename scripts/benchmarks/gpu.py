"""(l) A GPU, where there is one: the training step, and streams of 360x480 and 1080p, 1 and 16 of them."""

import time

import keras
import numpy as np

from seqseg.inference import BatchStepper, Predictor
from seqseg.inference.in_precision import in_precision
from seqseg.models import build_model

SIZES, STREAMS, PRECISIONS = ((360, 480), (1080, 1920)), (1, 16), ("float32", "mixed_float16")
FRAMES, WARM_UP = 60, 5
CLIPS, TIMESTEPS, CLASSES, STEPS = 4, 8, 11, 20


def compare():
    """Frames a second, p50 and p99 of every size, number of streams and precision; the training step in seconds."""
    if not has_gpu():
        print(f"gpu: skipped, {keras.backend.backend()} finds no GPU here")
        return {"skipped": "no GPU"}
    model = build_model("unet_lstm", classes=CLASSES, filters=16)
    rows = []
    for precision in PRECISIONS:
        predictor = Predictor(in_precision(model, precision))
        rows += [_streamed(predictor, size, streams, precision) for size in SIZES for streams in STREAMS]
    return {"streams": rows, "training step": _training_step()}


def has_gpu():
    """Whether Keras' engine sees one."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow

        return bool(tensorflow.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        return jax.default_backend() == "gpu"
    import torch

    return torch.cuda.is_available()


def _streamed(predictor, size, streams, precision):
    stepper, states = BatchStepper(predictor, slots=streams), [None] * streams
    images = list(np.random.default_rng(0).integers(0, 256, (streams, *size, 3), "uint8"))
    times = []
    for _ in range(WARM_UP + FRAMES):
        begun = time.perf_counter()
        _, states = stepper(images, states)
        times.append(time.perf_counter() - begun)
    p50, p99 = np.percentile(times[WARM_UP:], [50, 99])
    row = {"size": list(size), "streams": streams, "precision": precision, "fps": streams / np.mean(times[WARM_UP:])}
    row |= {"p50": 1000 * p50, "p99": 1000 * p99}
    line = f"{row['fps']:8.1f} fps  p50 {row['p50']:.1f}  p99 {row['p99']:.1f} ms"
    print(f"{size[0]}x{size[1]} {streams:>3} {precision:<14} {line}")
    return row


def _training_step():
    """The median seconds of a step on clips of 8 frames of 360x480, compiled as `fit` compiles it."""
    model = build_model("unet_lstm", classes=CLASSES, filters=16)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile="auto")
    rng = np.random.default_rng(0)
    clips = rng.integers(0, 256, (CLIPS, TIMESTEPS, *SIZES[0], 3), "uint8")
    labels = rng.integers(0, CLASSES, (CLIPS, TIMESTEPS, *SIZES[0]), "uint8")
    times = []
    for _ in range(3 + STEPS):
        begun = time.perf_counter()
        model.train_on_batch(clips, labels)
        times.append(time.perf_counter() - begun)
    return float(np.median(times[3:]))

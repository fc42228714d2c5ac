"""(j) Four streams through one batch, against the same four one after another."""

import json
import os
import statistics
import time

import numpy as np
from measure import in_a_process

from seqseg.inference import BatchStepper, Predictor
from seqseg.models import build_model
from streams import ArraySource, Engine, NullSink

STREAMS, FRAMES, ROUNDS = 4, 50, 5
SIZES = ((64, 96), (180, 240))


def compare():
    """Frames a second of four together over those of four single runs; > 1: a batch is quicker."""
    return in_a_process("many_streams.py")


def alone():
    figures = {f"{height}x{width}": _ratio(height, width) for height, width in SIZES}
    ratios = [figure["ratio"] for figure in figures.values()]
    return {"small": ratios[0], "large": ratios[1], "figures": figures | {"load": os.getloadavg()}}


def _ratio(height, width):
    noise = np.random.default_rng(0).integers(0, 256, (STREAMS, FRAMES, height, width, 3), "uint8")
    stepper = BatchStepper(Predictor(build_model("unet_lstm", classes=5, filters=8)))
    _seconds(stepper, [noise])  # every size of batch is compiled before anything is timed
    for count in (1, 2, 4):
        stepper(list(noise[:count, 0]), [None] * count)
    ratios = []
    for _ in range(ROUNDS):
        together = _seconds(stepper, [noise])
        single = _seconds(stepper, [clip[None] for clip in noise])
        ratios.append([one / all_ for one, all_ in zip(single, together, strict=True)])
    wall, processor = zip(*ratios, strict=True)
    return {"ratio": statistics.median(wall), "ratios": wall, "processor": statistics.median(processor)}


def _seconds(stepper, runs):
    """Seconds on the clock and of the processor for one run after another, each of several clips at once."""
    begin, used = time.perf_counter(), time.process_time()
    for clips in runs:
        engine = Engine(stepper)
        for clip in clips:
            engine.attach(ArraySource(clip), NullSink())
        engine.run()
    return time.perf_counter() - begin, time.process_time() - used


if __name__ == "__main__":
    print(json.dumps(alone()))

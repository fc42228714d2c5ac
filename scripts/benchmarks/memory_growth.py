"""(d) Memory over 10,000 frames of one stream, in a process of its own."""

import json

import numpy as np
from measure import in_a_process, memory_now

from seqseg.inference import Predictor
from seqseg.models import build_model
from streams import ArraySource, run
from streams.sinks.sink import Sink

FRAMES, SETTLED = 10_000, 1_000


def compare():
    """Growth from frame 1,000 to frame 10,000, as a fraction."""
    return in_a_process("memory_growth.py")


def alone():
    noise = np.random.default_rng(0).integers(0, 256, (16, 64, 96, 3), "uint8")
    predictor = Predictor(build_model("unet_lstm", classes=5, filters=8))
    held = {}

    def note(frame, _):
        if frame.index + 1 in (SETTLED, FRAMES):
            held[frame.index + 1] = memory_now()

    frames = (noise[k % len(noise)] for k in range(FRAMES))
    run(ArraySource(frames, fps=25), predictor.step, Nowhere(), on_frame=note)
    return {"growth": held[FRAMES] / held[SETTLED] - 1, "figures": {"MiB": held}}


class Nowhere(Sink):
    """A sink that keeps nothing."""

    def open(self):
        pass

    def write(self, frame, mask):
        pass

    def close(self, error=None):
        pass


if __name__ == "__main__":
    print(json.dumps(alone()))

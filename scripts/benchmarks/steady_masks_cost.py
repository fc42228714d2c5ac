"""CPU milliseconds a frame that averages along the motion cost, on one thread: on the host and in the graph.

    steady_masks_cost.py SPEC [--json FILE]

Processor time of this process, the least of many frames, so that other work on the machine does not count.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from seqseg.data import open_data  # noqa: E402
from seqseg.geometry import Resizing  # noqa: E402
from seqseg.inference.along_motion import AlongMotion  # noqa: E402
from seqseg.inference.smoothing import Smoothing  # noqa: E402

FRAMES = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    video = open_data(args.spec, split="val").videos[0]
    frames = [video.frame(index) for index in range(20)]
    rows = [
        {
            "classes": classes,
            "denoise": denoise,
            "host": _host(frames, classes, denoise),
            "graph": _graph(frames, classes),
        }
        for classes in (11, 21)
        for denoise in (False, True)
    ]
    report = {"size": list(frames[0].shape[:2]), "unit": "CPU ms a frame, one thread", "rows": rows}
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _host(frames, classes, denoise):
    size = frames[0].shape[:2]
    along, place = AlongMotion(smooth=True, denoise=denoise), Resizing("resize", size).place(*size)
    shapes = along.initial_state_shapes(1, *size, 3) | Smoothing(0.9, along_motion=True).initial_state_shapes(
        1, *size, classes
    )
    state = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}

    def look(index):
        nonlocal state
        _, _, kept = along.look(frames[index % len(frames)][None], state, place)
        state = state | kept  # the sums stay as they are: nothing is added to them here, and they would fade to nothing

    return _least(look)


def _graph(frames, classes):
    """The additional work of the compiled step."""
    size, smoothing = frames[0].shape[:2], Smoothing(0.9, along_motion=True)
    state = {name: tf.ones(shape) for name, shape in smoothing.initial_state_shapes(1, *size, classes).items()}
    logits = tf.random.normal((1, *size, classes))
    smoothed = tf.function(lambda scores, before: tf.argmax(smoothing(scores, before)[0], -1))
    alone = tf.function(lambda scores: tf.argmax(scores, -1))
    return round(_least(lambda _: smoothed(logits, state).numpy()) - _least(lambda _: alone(logits).numpy()), 1)


def _least(step):
    times = []
    for index in range(FRAMES):
        begun = time.process_time()
        step(index)
        times.append(1000 * (time.process_time() - begun))
    return round(min(times[5:]), 1)


if __name__ == "__main__":
    main()

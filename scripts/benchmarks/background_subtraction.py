"""OpenCV's MOG2 and KNN background subtraction, scored as a model is: background_subtraction.py SPEC [--split all]."""

import argparse
import json
import time
from pathlib import Path

import cv2

from seqseg.data import open_data
from seqseg.evaluation.evaluate import evaluate_deployed

MAKERS = {"MOG2": cv2.createBackgroundSubtractorMOG2, "KNN": cv2.createBackgroundSubtractorKNN}
SHADOW = 127


class Subtraction:
    """A subtractor with OpenCV's defaults as a step: what it marks is class 1, its shadows are background."""

    def __init__(self, name):
        self._make = MAKERS[name]
        self.seconds = []

    def step(self, image, state):
        """The state is the subtractor itself; None is a fresh one."""
        began = time.perf_counter()
        subtractor = state or self._make()
        mask = subtractor.apply(image)
        self.seconds.append(time.perf_counter() - began)
        return (mask > SHADOW).astype("uint8"), subtractor


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec", help="data of the classes background and moving, such as cdnet:office")
    parser.add_argument("--split", default="all")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    data = open_data(args.spec, split=args.split)
    rows = {}
    for name in MAKERS:
        subtraction = Subtraction(name)
        scores = evaluate_deployed(subtraction.step, data, temporal=True).to_dict()
        milliseconds = 1000 * sorted(subtraction.seconds)[len(subtraction.seconds) // 2]
        rows[name] = scores | {"milliseconds": milliseconds}
        print(
            f"{name:<5} mIoU {100 * scores['miou']:5.1f}  moving {100 * scores['iou'][1]:5.1f}  "
            f"TC {100 * rows[name]['tc']:5.1f}  flicker {100 * scores['flicker']:5.2f} %  "
            f"{milliseconds:5.1f} ms a frame"
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

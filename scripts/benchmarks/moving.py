"""Compare a model for fixed cameras with background subtraction: moving.py MODEL SCENE… --json FILE.

Scenes are laid out as changedetection.net's. Every method sees every frame from the first one on; true and false pixels
are summed over all labelled frames of a scene (shadows are background, unknown pixels do not count). Each classical
method is also scored after a median filter. CNT and GSOC need OpenCV's contributed modules
(opencv-contrib-python-headless). Milliseconds are medians of frames in this run: compare them to each other.
`f by stage` is of the frames before the 5th, 10th, 20th, 40th, 80th, 160th, 320th, and of the rest.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from seqseg.data import open_data  # noqa: E402
from seqseg.inference.predictor import Predictor  # noqa: E402
from seqseg.models import load_model  # noqa: E402

MEDIAN = {"MOG2": 5, "KNN": 5, "CNT": 9, "GSOC": 5}
SHADOW = 127
STAGES = (5, 10, 20, 40, 80, 160, 320)
"""F is also given for the frames before each of these and from the last one on: how soon a method has started up."""


class Classical:
    """OpenCV's background subtraction with its defaults."""

    def __init__(self, name):
        made = getattr(cv2, f"createBackgroundSubtractor{name}", None)
        self._subtractor = (made or getattr(cv2.bgsegm, f"createBackgroundSubtractor{name}"))()

    def __call__(self, image):
        return (self._subtractor.apply(image[..., ::-1].copy()) > SHADOW).astype(np.uint8)


class Model:
    """A model as deployed, with its memory carried."""

    def __init__(self, model):
        self._predictor, self._state = Predictor(model), None

    def __call__(self, image):
        mask, self._state = self._predictor.step(image, self._state)
        return mask


class Tally:
    """True positives, false positives and false negatives."""

    def __init__(self):
        self.right = self.false = self.missed = 0

    def add(self, found, labels, void):
        found, true, known = found == 1, labels == 1, labels != void
        self.right += int((found & true).sum())
        self.false += int((found & ~true & known).sum())
        self.missed += int((~found & true).sum())

    @classmethod
    def total(cls, parts):
        """The sum of tallies."""
        whole = cls()
        for part in parts:
            whole.right, whole.false, whole.missed = (
                whole.right + part.right, whole.false + part.false, whole.missed + part.missed
            )  # fmt: skip
        return whole

    def to_dict(self):
        precision = self.right / max(1, self.right + self.false)
        recall = self.right / max(1, self.right + self.missed)
        f = 2 * self.right / max(1, 2 * self.right + self.false + self.missed)
        return {"f": f, "precision": precision, "recall": recall}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a .keras file")
    parser.add_argument("scenes", nargs="+", help="folders of scenes")
    parser.add_argument("--methods", default="MOG2,KNN,CNT,GSOC", help="classical ones (all four)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="where a picture of each scene goes")
    args = parser.parse_args()
    model, rows = load_model(args.model), {}
    for place in args.scenes:
        for video in open_data(f"cdnet:{place}", split="all").videos:
            methods = {name: Classical(name) for name in filter(None, args.methods.split(","))}
            rows[video.name] = score(video, methods | {"moving": Model(model)}, args.pictures)
            shown = "  ".join(f"{name} {row['f']:.3f}" for name, row in rows[video.name]["methods"].items())
            print(f"{video.name}: {shown}", flush=True)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def score(video, methods, pictures):
    """Scores and milliseconds of every method on one scene."""
    names = [*methods, *(f"{name}, median" for name in methods if name in MEDIAN)]
    stages = {name: [Tally() for _ in range(len(STAGES) + 1)] for name in names}
    seconds, drawn = {name: [] for name in methods}, []
    labelled = set(video.labelled)
    shown = {sorted(labelled)[int(share * (len(labelled) - 1))] for share in (0.25, 0.5, 0.75, 0.95)}
    for index in range(len(video)):
        image = video.frame(index)
        labels = video.mask(index) if index in labelled else None
        for name, method in methods.items():
            began = time.perf_counter()
            found = method(image)
            seconds[name].append(time.perf_counter() - began)
            if labels is None:
                continue
            stage = int(np.searchsorted(STAGES, index, side="right"))
            stages[name][stage].add(found, labels, 255)
            if name in MEDIAN:
                stages[f"{name}, median"][stage].add(cv2.medianBlur(found, MEDIAN[name]), labels, 255)
        if pictures and index in shown:
            drawn.append(overlay(image, found, labels))
    if drawn:
        pictures.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(pictures / f"{video.name}.jpg"), np.hstack(drawn)[..., ::-1])
    figures = {name: Tally.total(parts).to_dict() for name, parts in stages.items()}
    for name, parts in stages.items():
        figures[name]["f by stage"] = [round(part.to_dict()["f"], 4) if part.right + part.missed else None
                                       for part in parts]  # fmt: skip
    for name, taken in seconds.items():
        figures[name]["milliseconds"] = 1000 * float(np.median(taken))
    return {"frames": len(video), "labelled": len(labelled), "size": list(video.size), "methods": figures}


def overlay(image, found, labels):
    """The frame over its errors: right in green, false in red, missed in blue."""
    below = np.zeros_like(image)
    known = labels != 255
    below[(found == 1) & (labels == 1)] = (0, 200, 0)
    below[(found == 1) & (labels == 0) & known] = (230, 0, 0)
    below[(found != 1) & (labels == 1)] = (60, 60, 255)
    return np.vstack([image, below])


if __name__ == "__main__":
    main()

"""How a model for fixed cameras lives: moving_life.py MODEL [--frames 10000] [--loop SCENE] [--json FILE].

Drawn views of 120 x 160 with a sensor's noise: how soon the place of something that stood there from the first frame on
is background after it leaves (a ghost), how long something that stops stays marked, what is marked after a lamp is
switched, and whether anything changes in thousands of frames: of a drawn view, and of a real scene over and over.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402

from seqseg.data import open_data  # noqa: E402
from seqseg.data.kinds.scenes.stock import Shapes, texture  # noqa: E402
from seqseg.inference.predictor import Predictor  # noqa: E402
from seqseg.models import load_model  # noqa: E402

SIZE, NOISE, SEEDS = (120, 160), 3.0, 5
GONE, HELD = 0.1, 0.5


class View:
    """A still view and an object that can be put anywhere in front of it."""

    def __init__(self, seed):
        self._rng = np.random.default_rng([seed, 21])
        self.background = texture(self._rng, SIZE).astype(np.float32)
        (rgba,) = Shapes().draw(self._rng)
        self.thing = rgba[:60, :45].astype(np.float32)

    def frame(self, left=None, *, light=1.0):
        """A noisy frame (h, w, 3), and where (h, w) the thing is whose left edge is at `left`."""
        picture, where = self.background.copy(), np.zeros(SIZE, bool)
        if left is not None:
            height, width = self.thing.shape[:2]
            start, stop = max(left, 0), min(left + width, SIZE[1])
            if start < stop:
                part = self.thing[:, start - left : stop - left]
                solid = part[..., 3] > 127
                picture[30 : 30 + height, start:stop][solid] = part[..., :3][solid]
                where[30 : 30 + height, start:stop] = solid
        picture = light * (picture + 16) - 16 + self._rng.normal(0, NOISE, picture.shape)
        return np.clip(picture, 0, 255).astype(np.uint8), where


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a .keras file")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument(
        "--loop", metavar="SCENE", help="a folder laid out as changedetection.net's, seen over and over"
    )
    parser.add_argument("--parts", default="ghost,stopped,lamp,drift", help="what is measured (all four)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    predictor, found = Predictor(load_model(args.model)), {}
    measures = {"ghost": ghosts, "stopped": stopped, "lamp": lamp, "drift": lambda run: drift(run, args.frames)}
    if args.json and args.json.exists():
        found = json.loads(args.json.read_text(encoding="utf-8"))  # parts of an earlier run
    for name in filter(None, args.parts.split(",")):
        found[name] = measures[name](predictor)
        print(name, found[name], flush=True)
    if args.loop:
        found["loop"] = loop(predictor, args.loop, args.frames)
        print("loop", found["loop"])
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def ghosts(predictor, *, waits=(10, 40, 150), most=400):
    """Frames until a tenth of the place is marked, by how long the thing had stood there; each of several views."""
    return {wait: [_ghost(predictor, View(seed), wait, most) for seed in range(SEEDS)] for wait in waits}


def _ghost(predictor, view, wait, most):
    state = None
    for _ in range(wait):
        image, place = view.frame(60)
        _, state = predictor.step(image, state)
    for number in range(most):
        image, where = view.frame(60 + 4 * (number + 1))
        mask, state = predictor.step(image, state)
        uncovered = place & ~where
        if number >= 12 and mask[uncovered].mean() < GONE:
            return number
    return most


def stopped(predictor, *, seen=(30, 150), most=600):
    """Frames for which at least half of a thing that came in and stopped is marked, by how long it was empty before."""
    return {empty: [_stopped(predictor, View(seed), empty, most) for seed in range(SEEDS)] for empty in seen}


def _stopped(predictor, view, empty, most):
    state = None
    for _ in range(empty):
        _, state = predictor.step(view.frame()[0], state)
    for left in range(-45, 60, 4):
        _, state = predictor.step(view.frame(left)[0], state)
    for number in range(most):
        image, where = view.frame(60)
        mask, state = predictor.step(image, state)
        if mask[where].mean() < HELD:
            return number
    return most


def lamp(predictor, *, before=60, after=30):
    """The share of an empty view that is marked 1 to 30 frames after the light grew by 1.3, the mean of views."""
    shares = []
    for seed in range(SEEDS):
        view, state, row = View(seed), None, []
        for number in range(before + after):
            image, _ = view.frame(light=1.0 if number < before else 1.3)
            mask, state = predictor.step(image, state)
            row.append(float(mask.mean()))
        shares.append(row[before:])
    return {frame: float(np.mean(shares, axis=0)[frame - 1]) for frame in (1, 2, 5, 10, 30)}


def drift(predictor, frames, *, every=500):
    """Every 500 frames something crosses: how much of it is found, and how much of the empty view is marked before."""
    view, state, rows = View(1), None, []
    for number in range(frames):
        phase = number % every
        left = -45 + 4 * (phase - (every - 60)) if phase >= every - 60 else None
        image, where = view.frame(left, light=1 + 0.1 * np.sin(number / 400))
        mask, state = predictor.step(image, state)
        if phase == every - 70:
            empty = float(mask.mean())
        if phase == every - 25:
            found = float(mask[where].mean()) if where.any() else None
            rows.append({"frame": number, "marked while empty": empty, "found of the thing": found})
    finite = all(np.isfinite(np.asarray(tensor)).all() for tensor in state.values())
    return {"rows": rows, "state is finite": bool(finite)}


def loop(predictor, place, frames):
    """F and the share of background that is marked, of each time a scene is seen; the memory is never reset."""
    (video,) = open_data(f"cdnet:{place}", split="all").videos
    labelled, state, rows = set(video.labelled), None, []
    for _ in range(-(-frames // len(video))):
        right = false = missed = still = 0
        for index in range(len(video)):
            mask, state = predictor.step(video.frame(index), state)
            if index not in labelled:
                continue
            labels = video.mask(index)
            right += int(((mask == 1) & (labels == 1)).sum())
            false += int(((mask == 1) & (labels == 0)).sum())
            missed += int(((mask == 0) & (labels == 1)).sum())
            still += int((labels == 0).sum())
        rows.append({"f": 2 * right / (2 * right + false + missed), "false": false / still})
    return {"scene": video.name, "frames": len(video), "times": rows}


if __name__ == "__main__":
    main()

"""Compare `voc` with its teacher: VOC's validation images, clean and degraded, temporal consistency on DAVIS, speed.

    score.py MODEL.keras TEACHER.tflite DATA --json FILE [--parts pictures,videos,step] [--frames N]

The teacher's weights run as floats in the same kind of network, not as the quantised file, which is slower.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from teacher import build_voc, fill, read_weights
from views import degrade

from seqseg.data import open_data
from seqseg.data.flow import flow_back
from seqseg.evaluation.evaluate import evaluate_deployed
from seqseg.geometry import Resizing
from seqseg.inference import Predictor
from seqseg.metrics import bootstrap_mean, flicker_counts, temporal_consistency
from seqseg.models import load_model

OWN_SIZE = Resizing("native", multiple=16)
STREAM, SMALL = (360, 480), (384, 384)
WORK = 512
"""Longer side that frames of videos are shrunk to ahead of everything."""
LEFT_OUT = ("carphone_pristine.mp4", "cockatoo.mp4")
"""Movies that `voc` has not learned from, measured beside DAVIS' videos."""
OBJECTS = {
    "bmx-trees": ("person", "bicycle"),
    "car-roundabout": ("car",),
    "car-shadow": ("car",),
    "dog": ("dog",),
    "drift-straight": ("car",),
    "horsejump-high": ("horse", "person"),
    "kite-surf": ("person",),
    "motocross-jump": ("motorbike", "person"),
}
"""The classes that DAVIS' object is of."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("data", type=Path, help="where voc/ and davis/ are")
    parser.add_argument("--json", type=Path, required=True, help="parts measured before are kept in it")
    parser.add_argument("--parts", default="pictures,videos,objects,small,step")
    parser.add_argument("--frames", type=int, default=30, help="of each video, from its first")
    args = parser.parse_args()
    models = {"teacher": fill(build_voc(), read_weights(args.teacher)), "voc": load_model(args.model)}
    found = json.loads(args.json.read_text()) if args.json.exists() else {}
    for part in args.parts.split(","):
        found[part] = PARTS[part](models, args)
        print(part, json.dumps(_short(found[part]), indent=1), flush=True)
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def pictures(models, args):
    """mIoU at the pictures' own size, as they are and degraded, each picture by a seed of its own."""
    data = open_data(f"voc:{args.data / 'voc'}", split="val")
    scores = {}
    for name, model in models.items():
        step = Predictor(model, size=OWN_SIZE).step
        scores[name] = evaluate_deployed(step, data).to_dict()
        poor = evaluate_deployed(_Poor(step).step, data).to_dict()
        scores[f"{name}, poor camera"] = {key: poor[key] for key in ("miou", "pixel_accuracy", "intervals")}
    return scores


class _Poor:
    """A step whose frames have gone through a poor camera; the same each time it is made."""

    def __init__(self, step):
        self._step, self._count = step, 0

    def step(self, image, state):
        """(image, state) -> (mask, state)."""
        image = np.array(image)
        degrade(image, _Always(np.random.default_rng([7, self._count])))
        self._count += 1
        return self._step(image, state)


class _Always:
    """A generator whose first draw is 1, so that nothing is left as it is."""

    def __init__(self, rng):
        self._rng, self._first = rng, True

    def random(self):
        """1 at first, then what the generator draws."""
        first, self._first = self._first, False
        return 1.0 if first else self._rng.random()

    def __getattr__(self, name):
        return getattr(self._rng, name)


def videos(models, args):
    """TC, and label changes that the teacher on clean frames does not make, of clean frames and of noisy ones."""
    found = list(open_data(f"davis:{args.data / 'davis'}", split="all").videos)
    for name in LEFT_OUT:
        found += open_data(f"frames:{args.data / 'movies' / name}", split="all").videos
    predictors = _predictors(models)
    rows = {}
    for video in found:
        clean = [_shrunk(video.frame(index)) for index in range(min(args.frames, len(video)))]
        flows = [flow_back(after, before) for before, after in zip(clean, clean[1:], strict=False)]
        reference = _masks(predictors["teacher"], clean)
        for condition, frames in {"clean": clean, "noise 12": _noisy(clean)}.items():
            for name, predictor in predictors.items():
                masks = _masks(predictor, frames)
                changed, steady = flicker_counts(reference, masks)
                row = {"tc": temporal_consistency(masks, flows, 21), "changes": changed / steady}
                rows.setdefault(f"{name}, {condition}", {})[video.name] = row
        print(video.name, {name: row[video.name] for name, row in rows.items()}, flush=True)
    return {name: _summary(by_video) for name, by_video in rows.items()}


def _predictors(models):
    """By name: each model frame by frame, and `voc` averaged over time."""
    steps = {
        "teacher": (models["teacher"], {}),
        "voc": (models["voc"], {}),
        "voc, smooth 0.6": (models["voc"], {"smooth": 0.6}),
        "voc, smooth 0.6 along motion": (models["voc"], {"smooth": 0.6, "along_motion": True}),
        "voc, smooth 0.8 along motion": (models["voc"], {"smooth": 0.8, "along_motion": True}),
    }
    return {name: Predictor(model, size=OWN_SIZE, **options) for name, (model, options) in steps.items()}


def objects(models, args):
    """IoU of DAVIS' object with its classes, clean and noisy: whether averaging over time costs anything."""
    found = open_data(f"davis:{args.data / 'davis'}", split="all").videos
    predictors = _predictors(models)
    rows = {}
    for video in found:
        indices = range(min(args.frames, len(video)))
        clean = [_shrunk(video.frame(index)) for index in indices]
        truth = [
            cv2.resize(video.mask(index), frame.shape[1::-1], interpolation=0)
            for index, frame in zip(indices, clean, strict=True)
        ]
        wanted = [models["voc"].card.classes.index(name) for name in OBJECTS[video.name]]
        for condition, frames in {"clean": clean, "noise 12": _noisy(clean)}.items():
            for name, predictor in predictors.items():
                seen = np.isin(_masks(predictor, frames), wanted)
                there = np.stack(truth) == 1
                iou = float((seen & there).sum() / (seen | there).sum())
                rows.setdefault(f"{name}, {condition}", {})[video.name] = {"iou": iou}
    return {name: _summary(by_video, ("iou",)) for name, by_video in rows.items()}


def _summary(by_video, keys=("tc", "changes")):
    summary = {"videos": by_video}
    for key in keys:
        values = [row[key] for row in by_video.values()]
        summary |= {key: float(np.mean(values)), f"{key}_interval": list(bootstrap_mean(values))}
    return summary


def _masks(predictor, frames):
    state, masks = None, []
    for frame in frames:
        mask, state = predictor.step(frame, state)
        masks.append(mask)
    return np.stack(masks)


def _noisy(frames):
    rng = np.random.default_rng(3)
    return [np.clip(frame + rng.normal(0, 12, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def _shrunk(frame):
    scale = WORK / max(frame.shape[:2])
    if scale >= 1:
        return frame
    return cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def step(models, args):
    """Milliseconds of a compiled step at 360x480 on the clock, and of the processor's time, turn by turn; ratios."""
    predictors = {name: Predictor(model, size=OWN_SIZE) for name, model in models.items()}
    steady = Predictor(models["voc"], size=OWN_SIZE, smooth=0.8, along_motion=True)
    times = _turn_by_turn(predictors | {"voc, smooth 0.8 along motion": steady}, args)
    ratios = {key: times["voc"][key] / times["teacher"][key] for key in ("p50", "processor")}
    return times | {f"ratio of {key}": ratio for key, ratio in ratios.items()}


def _turn_by_turn(predictors, args):
    frame = open_data(f"voc:{args.data / 'voc'}", split="val").videos[0].frame(0)
    frame = cv2.resize(frame, STREAM[::-1])
    frames = [np.roll(frame, shift, axis=1) for shift in (0, 3)]
    times, states = {name: [] for name in predictors}, dict.fromkeys(predictors)
    processor = dict.fromkeys(predictors, 0.0)
    for turn in range(103):
        for name, predictor in predictors.items():
            started, used = time.perf_counter(), time.process_time()
            _, states[name] = predictor.step(frames[turn % 2], states[name])
            if turn > 2:
                times[name].append(1000 * (time.perf_counter() - started))
                processor[name] += 1000 * (time.process_time() - used) / 100
    return {
        name: {
            "min": min(ms),
            "p25": float(np.percentile(ms, 25)),
            "p50": float(np.median(ms)),
            "processor": processor[name],
        }
        for name, ms in times.items()
    }


def small(models, args):
    """`voc` at three quarters of the size: mIoU on VOC's pictures, and its step beside the whole one."""
    reduced = Resizing("within", SMALL, multiple=16)
    data = open_data(f"voc:{args.data / 'voc'}", split="val")
    scores = evaluate_deployed(Predictor(models["voc"], size=reduced).step, data).to_dict()
    sizes = {"whole": OWN_SIZE, "small": reduced}
    times = _turn_by_turn({name: Predictor(models["voc"], size=size) for name, size in sizes.items()}, args)
    return {"voc": {key: scores[key] for key in ("miou", "pixel_accuracy", "intervals")}} | times


PARTS = {"pictures": pictures, "videos": videos, "objects": objects, "small": small, "step": step}


def _short(part):
    """A summary for the terminal."""
    kept = ("miou", "iou", "tc", "changes", "min", "p25", "p50", "processor", "tc_interval", "changes_interval")
    return {
        name: {key: row[key] for key in kept if key in row} if isinstance(row, dict) else row
        for name, row in part.items()
    }


if __name__ == "__main__":
    main()

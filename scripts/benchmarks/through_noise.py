"""The value of a memory under noise: an image net, its twin trained on noisy clips, and recurrent nets.

    through_noise.py CONFIG OUT --weights FILE [--seeds 0 1 2] [--only NAME …] [--train-only] [--set KEY=VALUE …]

Every net of TRAINED starts from the same weights and is trained on the same clips for the same steps, seed by seed. It
is scored as deployed on the real frames of the validation split under noise of fixed seeds and with damaged frames.
The image net and the twin are also scored with the methods that need no training. OUT/through_noise.json has a row for
each; existing rows are not computed again.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
from steady_masks import WAYS, noisy

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment
from seqseg.data import open_data
from seqseg.data.augment.faults import Faults
from seqseg.inference import Predictor
from seqseg.metrics import confusion_matrix, iou_from_confusion, mean_present
from seqseg.models import load_model
from seqseg.training.fit import train

GRU = {"name": "convgru", "filters": 32, "residual": True}
TRAINED = {
    "twin": {},
    "convgru, still": {"P2": GRU, "logits": GRU},
    "convgru, moved": {"P2": GRU | {"warp": True}, "logits": GRU | {"warp": True}},
    "mean of logits, moved": {"logits": {"name": "mean", "factor": 0.6, "warp": True}},
}
UNTRAINED = ("frame by frame", "smooth", "smooth along motion", "denoise and smooth along motion")
LEVELS = ("clean", "26", "20", "14", "damaged")
DAMAGED = 0.25


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", required=True, help="the trained image net")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=list(TRAINED), choices=list(TRAINED), metavar="NAME")
    parser.add_argument("--levels", nargs="+", default=list(LEVELS))
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--stride", type=int, default=1, help="score every so many frames of the run, all are seen (1)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    changes = dict(map(parse_assignment, args.changes)) | {"training.initial_weights": args.weights}
    runs = {(name, seed): _trained(args, name, seed, changes) for seed in args.seeds for name in args.only}
    if args.train_only:
        return
    source = load_experiment(args.config, changes).data.source
    data, rows = open_data(source, split="val"), Rows(args.out / "through_noise.json")
    for level in args.levels:
        for way in UNTRAINED:
            rows.add(
                "image net", way, level, None, lambda way=way, level=level: _score(args, args.weights, way, level, data)
            )
        rows.add(
            "image net", "fastNlMeans", level, None, lambda level=level: _score(args, args.weights, None, level, data)
        )
        for (name, seed), run in runs.items():
            for way in UNTRAINED if name == "twin" else UNTRAINED[:1]:
                score = lambda run=run, way=way, level=level: _score(args, run / "best.keras", way, level, data)  # noqa: E731
                rows.add(name, way, level, seed, score)


class Rows:
    """Scores in a JSON file, each made once."""

    def __init__(self, path):
        self.path = path
        self.rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

    def add(self, net, way, level, seed, score):
        """Compute the missing scores."""
        key = {"net": net, "way": way, "level": level, "seed": seed}
        if any(key.items() <= row.items() for row in self.rows):
            return
        self.rows.append(key | score())
        print(self.rows[-1], flush=True)
        self.path.write_text(json.dumps(self.rows, indent=2) + "\n", encoding="utf-8")


def _trained(args, name, seed, changes):
    run = args.out / f"{name.replace(', ', '_').replace(' ', '_')}-{seed}"
    if not (run / "best.keras").is_file():
        memory = {"model.temporal": TRAINED[name]} if TRAINED[name] else {}
        experiment = load_experiment(args.config, changes | memory)
        train(dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, seed=seed)), run)
    return run


def _score(args, weights, way, level, data):
    """mIoU of all frames and of damaged ones, and the share of pixels whose label changes from frame to frame."""
    model = load_model(weights)
    options = {} if way is None else WAYS[way](0.6)
    predictor, classes = Predictor(model, size="trained", exclusive=True, **options), len(data.classes)
    whole, damaged, changed = (*np.zeros((2, classes, classes), "int64"), [])
    for number, video in enumerate(data.videos):
        state = before = earlier = None
        for index in range(len(video)):
            image, labels = video.pair(index)
            seen, is_damaged = _spoilt(image, earlier, level, (7, number, index))
            earlier = seen
            if way is None:
                seen = cv2.fastNlMeansDenoisingColored(seen, None, 10, 10, 5, 15)
            mask, state = predictor.step(seen, state)
            if labels is not None and index % args.stride == 0:
                counted = confusion_matrix(labels, mask, classes, void=data.void)
                whole += counted
                damaged += counted * is_damaged
            if before is not None:
                changed.append((mask != before).mean())
            before = mask.copy()
    scores = {"mIoU": 100 * mean_present(iou_from_confusion(whole)), "changes %": 100 * np.mean(changed)}
    if damaged.any():
        scores["mIoU of damaged frames"] = 100 * mean_present(iou_from_confusion(damaged))
    return {name: round(float(value), 2) for name, value in scores.items()}


def _spoilt(image, earlier, level, seed):
    if level != "damaged":
        return noisy(image, level, seed), False
    frame = image.copy()
    rng = np.random.default_rng(seed)
    if rng.random() >= DAMAGED:
        return frame, False
    Faults(frame_damage=1, seed=int(rng.integers(2**32))).on(frame, earlier, 0)
    return frame, True


if __name__ == "__main__":
    main()

"""What a memory is worth through noise: an image net, and nets that went on from it on noisy clips, as deployed.

    through_noise.py CONFIG OUT --weights FILE [--seeds 0 1 2] [--only NAME …] [--train-only] [--set KEY=VALUE …]

The nets of TRAINED go on from the same weights on the same clips for the same steps, seed by seed: the twin sees them
as they are, the other cleaned along the motion as `--denoise` will clean its stream. They are scored on the real frames
of the validation split under noise of fixed seeds and with damaged frames, beside the image net, in every one of WAYS.
OUT/through_noise.json holds a row for each; what is there is not done again. `memory_on_top.py` trains memories on a
twin, and `through_noise_picture.py` draws the curves.
"""

import argparse
import dataclasses
import functools
import itertools
import json
from pathlib import Path

import cv2
import numpy as np
from steady_masks import noisy

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment
from seqseg.data import open_data
from seqseg.data.augment.faults import Faults
from seqseg.data.flow import flow_back
from seqseg.inference import Predictor
from seqseg.metrics import confusion_matrix, consistency_confusion, iou_from_confusion, mean_present
from seqseg.models import load_model
from seqseg.training.fit import train

TRAINED = {"twin": {}, "twin of cleaned clips": {"augment.denoise": True}}
OPTIONS = {
    "frame by frame": {},
    "smooth": {"smooth": 0.6},
    "smooth along motion": {"smooth": 0.9, "along_motion": True},
    "denoise and smooth along motion": {"smooth": 0.9, "along_motion": True, "denoise": True},
    "denoise": {"denoise": True},
    "fastNlMeans": {},
}
WAYS = {
    "image net": tuple(OPTIONS),
    "twin": ("frame by frame", "smooth", "smooth along motion", "denoise and smooth along motion"),
    "twin of cleaned clips": ("denoise", "denoise and smooth along motion"),
}
"""How each is run."""
LEVELS = ("clean", "26", "20", "14", "11", "damaged")
DAMAGED = 0.25


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", required=True, help="the trained image net")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=list(WAYS), choices=list(WAYS), metavar="NAME")
    parser.add_argument("--ways", nargs="+", help="those of WAYS and no others")
    parser.add_argument("--levels", nargs="+", default=list(LEVELS))
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    changes = dict(map(parse_assignment, args.changes)) | {"training.initial_weights": args.weights}
    nets = {
        (name, seed): _trained(args, name, seed, changes) / "best.keras"
        for seed in args.seeds
        for name in args.only
        if name != "image net"
    }
    if args.train_only:
        return
    if "image net" in args.only:
        nets = {("image net", None): args.weights} | nets
    data = open_data(load_experiment(args.config, changes).data.source, split="val")
    flows = [[flow_back(video.frame(i), video.frame(i - 1)) for i in range(1, len(video))] for video in data.videos]
    rows = Rows(args.out / "through_noise.json")
    for (name, seed), weights in nets.items():
        model = load_model(weights)
        for level in args.levels:
            for way in WAYS[name]:
                if args.ways is None or way in args.ways:
                    key = {"net": name, "way": way, "level": level, "seed": seed}
                    rows.add(key, functools.partial(_score, model, way, level, data, flows))


class Rows:
    """Scores in a JSON file, a line each, each made once; several processes may add to it."""

    def __init__(self, path):
        self.path = path

    def add(self, key, score):
        """Score what is not there yet."""
        if any(key.items() <= row.items() for row in self.read()):
            return
        row = key | score()
        print({name: value for name, value in row.items() if name != "right"}, flush=True)
        lines = map(json.dumps, [*self.read(), row])
        self.path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")

    def read(self):
        return json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else []


def _trained(args, name, seed, changes):
    run = args.out / f"{name.replace(' ', '_')}-{seed}"
    if not (run / "best.keras").is_file():
        experiment = load_experiment(args.config, changes | TRAINED[name])
        train(dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, seed=seed)), run)
    return run


def _score(model, way, level, data, flows):
    """mIoU, of damaged frames too, TC, changes, and the pixels of each frame that are right, all in percent."""
    predictor = Predictor(model, size="trained", exclusive=True, **OPTIONS[way])
    classes = len(data.classes)
    whole, damaged, moving = np.zeros((3, classes, classes), "int64")
    changed, right = [], []
    for number, video in enumerate(data.videos):
        state = earlier = None
        masks = []
        for index in range(len(video)):
            image, labels = video.pair(index)
            seen, is_damaged = _spoilt(image, earlier, level, (7, number, index))
            earlier = seen
            if way == "fastNlMeans":
                seen = cv2.fastNlMeansDenoisingColored(seen, None, 10, 10, 5, 15)
            mask, state = predictor.step(seen, state)
            masks.append(mask.copy())
            counted = confusion_matrix(labels, mask, classes, void=data.void)
            whole += counted
            damaged += counted * is_damaged
            right.append(round(100 * float(np.trace(counted) / counted.sum()), 2))
        changed += [(one != other).mean() for one, other in itertools.pairwise(masks)]
        moving += consistency_confusion(np.stack(masks), np.stack(flows[number]), classes)
    scores = {"mIoU": _miou(whole), "TC": _miou(moving), "changes %": round(100 * float(np.mean(changed)), 2)}
    if damaged.any():
        scores["mIoU of damaged frames"] = _miou(damaged)
    return scores | {"right": right}


def _miou(confusion):
    return round(100 * float(mean_present(iou_from_confusion(confusion))), 2)


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

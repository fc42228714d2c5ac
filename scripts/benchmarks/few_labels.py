"""Train a small net with few labels by every method, on several draws, for equal steps; write table and picture."""

import argparse
import dataclasses
import json
import time
from pathlib import Path

import cv2
import keras
import numpy as np
from few_labels_picture import draw_picture

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment
from seqseg.training.setup import set_up
from seqseg.training.tasks.class_validation import validate

SHARES = ("5%", "10%", "25%")
NET = {"model.name": "unet", "model.filters": 8, "model.depths": [1, 1, 1, 1], "model.norm": "batch"}
LADDER = {"model.name": "ladder", "model.filters": 8, "model.depth": 3, "model.convolutions": 1}
METHODS = {
    "supervised": NET,
    "consistency": NET | {"training.unlabelled": "consistency"},
    "mean_teacher": NET | {"training.unlabelled": {"name": "mean_teacher", "decay": 0.97}},
    "next_frame": NET | {"training.unlabelled": "next_frame"},
    "ladder_supervised": LADDER | {"model.model": "supervised", "model.noise": 0.0},
    "ladder": LADDER | {"training.unlabelled": "ladder"},
}
"""The methods; the last two are another net, compared with its own supervised training.

Options are the methods' own, but for the teacher's decay: it averages over 30 steps, since runs are short."""
BASE = {method: "ladder_supervised" if method.startswith("ladder") else "supervised" for method in METHODS}
SHARED = {
    "data.timesteps": 2, "augment.crop": "48x64", "augment.colour": 0.2, "training.batch": 2, "training.epochs": 1,
    "training.learning_rate": 5e-3, "training.warmup_steps": 10,
}  # fmt: skip
SETS = {
    "camvid": {
        "data.size": "90x120", "augment.crop": "80x112", "augment.colour": 0.0, "augment.scale": [1.0, 1.0],
        "augment.rotate": 0.0, "augment.shift": 0.0, "training.learning_rate": 3e-3,
    },
    "cells": {"data.size": "256x256", "augment.flip_vertical": 0.5, "augment.rotate": 180.0},
}  # fmt: skip
"""What differs: on CamVid strong augmentation keeps so small a net from learning what its labels show."""


def main():
    parser = argparse.ArgumentParser(prog="scripts/few_labels", description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds camvid/ and cells/")
    parser.add_argument("out", type=Path, help="folder of the shrunk frames, few_labels.json and few_labels.png")
    parser.add_argument("--only", nargs="*", default=list(METHODS), choices=list(METHODS), metavar="METHOD")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS), metavar="NAME")
    parser.add_argument("--shares", nargs="*", default=list(SHARES), metavar="SHARE")
    parser.add_argument("--draws", type=int, default=3, help="draws of the labelled frames (3)")
    parser.add_argument("--steps", type=int, default=200, help="of every run (200)")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    changes = {"training.steps_per_epoch": args.steps} | dict(map(parse_assignment, args.changes))
    sources = {name: shrunk(name, args.data, args.out / "frames") for name in args.sets}
    results = Results(args.out / "few_labels.json")
    kept = {}
    for draw in range(args.draws):
        for share in args.shares:
            for name in args.sets:
                for method in args.only:
                    if results.has(name, share, method, draw):
                        continue
                    settings = SHARED | SETS[name] | METHODS[method] | changes | {"data.source": sources[name]}
                    settings |= {"data.labelled": share, "data.labelled_seed": draw, "training.seed": draw}
                    row = run(settings, kept.setdefault((name, method), {}))
                    results.add(name, share, method, draw, row)
    results.show()
    draw_picture(results.rows, args.out / "few_labels.png")


class Results:
    """Rows in a file, written after each, so that nothing is done twice."""

    def __init__(self, path):
        self.path = path
        self.rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

    def has(self, *key):
        return any(self._key(row) == key for row in self.rows)

    def add(self, name, share, method, draw, row):
        self.rows.append({"set": name, "share": share, "method": method, "draw": draw} | row)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.rows, indent=1) + "\n", encoding="utf-8")
        part.replace(self.path)
        seconds = row["cpu_seconds"]
        print(
            f"{name:<8}{share:>4} draw {draw}  {method:<18} mIoU {100 * row['miou']:5.1f}  {seconds:5.1f} s", flush=True
        )

    def show(self):
        """A table: mean and standard deviation over the draws, and what is gained over the same net's own labels alone.

        The gain is of the same draw, whose labels and first weights are the same, so that it spreads less.
        """
        columns = sorted(
            {(row["set"], row["share"]) for row in self.rows}, key=lambda one: (one[0], float(one[1][:-1]))
        )
        print("| | " + " | ".join(f"{name} {share}" for name, share in columns) + " |")
        print("|---" * (len(columns) + 1) + "|")
        for method in METHODS:
            print(f"| `{method}` | " + " | ".join(self._cell(name, share, method) for name, share in columns) + " |")

    def _cell(self, name, share, method):
        scores, base = self._scores(name, share, method), self._scores(name, share, BASE[method])
        if not scores:
            return ""
        text = f"{100 * np.mean(list(scores.values())):.1f}{_spread(scores.values())}"
        gains = [score - base[draw] for draw, score in scores.items() if draw in base]
        if method == BASE[method] or not gains:
            return text
        return f"{text} ({100 * np.mean(gains):+.1f}{_spread(gains)})"

    def _scores(self, *key):
        return {row["draw"]: row["miou"] for row in self.rows if self._key(row)[:3] == key}

    @staticmethod
    def _key(row):
        return row["set"], row["share"], row["method"], row["draw"]


def _spread(scores):
    scores = list(scores)
    return f" ± {100 * np.std(scores, ddof=1):.1f}" if len(scores) > 1 else ""


def run(settings, kept):
    """Train and score. The compiled model of the same set and method is reused, with its variables reset.

    Args:
        settings: of the experiment, by dotted key.
        kept: {} or the result of the last run of the same set and method.
    """
    began = time.process_time()
    setup = set_up(load_experiment(overrides=settings))
    if not kept:
        kept["setup"] = setup
    else:
        compiled = kept["setup"]
        for mine, fresh in zip(compiled.variables, setup.variables, strict=True):
            mine.assign(keras.ops.convert_to_numpy(fresh.value))
        setup = dataclasses.replace(setup, learner=compiled.learner, scorer=compiled.scorer)
    batches = setup.batches(0)
    losses = [float(setup.learner.train_on_batch(*next(batches), return_dict=True)["loss"]) for _ in range(setup.steps)]
    setup.learner.settle()
    validation = validate(setup)
    return {
        "miou": validation.miou,
        "pixel_accuracy": validation.pixel_accuracy,
        "loss": float(np.mean(losses[-20:])),
        "steps": setup.steps,
        "labelled": sum(len(video.labelled) for video in setup.data.videos),
        "of": setup.data.frames,
        "parameters": setup.network.count_params(),
        "notes": [note for note in setup.notes if "cannot be learnt" in note],
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def shrunk(name, data, out):
    """The frames and labels of a set at the size they are trained at, written once, as `folders:`."""
    folder = out / name
    if not (folder / "whole").is_file():
        height, width = map(int, SETS[name]["data.size"].split("x"))
        for split, video, stem, image, mask in {"camvid": camvid, "cells": cells}[name](data / name):
            for kind, picture, way in (("images", image, cv2.INTER_AREA), ("masks", mask, cv2.INTER_NEAREST)):
                file = folder / split / kind / video / f"{stem}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(file), cv2.resize(picture, (width, height), interpolation=way))
        (folder / "classes.txt").write_text("\n".join(CLASSES[name]) + "\n", encoding="utf-8")
        (folder / "whole").touch()
    return f"folders:{folder}"


CLASSES = {
    "camvid": "sky building pole road pavement tree sign fence car pedestrian bicyclist".split(),
    "cells": ["background", "cell"],
}


def camvid(root):
    """(split, video, stem, image, mask) of every frame of the SegNet layout; 11 and above is void."""
    for split in ("train", "val"):
        for mask in sorted((root / f"{split}annot").iterdir()):
            image = next((root / split).glob(f"{mask.stem}.*"))
            labels = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED)
            labels[labels >= len(CLASSES["camvid"])] = 255
            yield split, mask.stem.rpartition("_")[0], mask.stem, cv2.imread(str(image)), labels


def cells(root):
    """Likewise: the first 20 frames are train, the other 8 val; every number but 0 is a cell."""
    for number, mask in enumerate(sorted((root / "id_masks").iterdir())):
        labels = (cv2.imread(str(mask), cv2.IMREAD_UNCHANGED) > 0).astype("uint8")
        image = cv2.imread(str(root / "frames" / mask.name))
        yield "train" if number < 20 else "val", "cells", mask.stem, image, labels


if __name__ == "__main__":
    main()

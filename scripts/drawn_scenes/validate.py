"""Score models for fixed cameras on synthetic validation scenes; checkpoints are chosen by these scores.

Eight scenes of each kind, 128x160, 100 frames from the first one on, always the same. F of each scene over all its
pixels, and its mean over the scenes of a kind; of scenes in which nothing moves the share that is marked. `ghosts` is
the share that is marked of background that something hid in the first frame. Parts of the memory can be off, the
weights being those that were trained with them.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from seqseg.data.kinds.cdnet import MOVING, STATIC, UNKNOWN  # noqa: E402
from seqseg.data.kinds.scenes.cast import KINDS  # noqa: E402
from seqseg.data.kinds.scenes.scene import Scene  # noqa: E402
from seqseg.data.kinds.scenes.sources import read_stock  # noqa: E402
from seqseg.models import load_model  # noqa: E402
from seqseg.models.moving import segmenter  # noqa: E402
from seqseg.models.temporal import background  # noqa: E402

SIZE, SCENES, FRAMES, SEED = (128, 160), 8, 100, 77_000
SETTLED = 5
"""Frames since a place was hidden after which it counts as a ghost."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help=".keras files")
    parser.add_argument("--backgrounds", default="")
    parser.add_argument("--sprites", default="")
    parser.add_argument("--without", default="", help="parts of the memory that are off: " + ", ".join(PARTS))
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    stock, rows = read_stock(args.backgrounds, args.sprites, SIZE), {}
    for part in filter(None, args.without.split(",")):
        PARTS[part]()
    models = {name: Run(load_model(name)) for name in args.models}
    found = {name: {} for name in models}
    for kind in KINDS:
        for name, tally in tallies(models, drawn(stock, kind)).items():
            found[name][kind] = tally.to_dict(kind)
    for name, kinds in found.items():
        scores = [row["f"] for row in kinds.values() if "f" in row]
        ghosts = [sum(row["ghost pixels"][k] for row in kinds.values()) for k in (0, 1)]
        rows["/".join(Path(name).parts[-2:])] = row = {
            "score": float(np.mean(scores)), "ghosts": ghosts[0] / ghosts[1], "kinds": kinds,
        }  # fmt: skip
        shown = "  ".join(f"{kind} {part.get('f', part.get('marked')):.4f}" for kind, part in kinds.items())
        print(f"{name}: {row['score']:.4f}  ghosts {row['ghosts']:.4f}  {shown}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def without_second_mode():
    """What stands in place of the background never becomes it, and nothing that was seen before is known."""
    whole = background._modes

    def modes(seen, moving):
        after = whole(seen._replace(near_second=9 + 0 * seen.near), moving)
        return after | {"second": after["first"], "second_age": 0 * after["age"]}

    background._modes = modes


def without_light():
    """A lamp or a cloud is motion, as far as the network lets it be."""
    background._light = lambda colours, state, threshold: tf.zeros((colours.shape[0], colours.shape[1], 1, 1))


def without_gates():
    """The memory does not use the network's output."""
    whole = segmenter.update
    segmenter.update = lambda seen, moving: whole(seen, 0 * moving)


PARTS = {"second": without_second_mode, "light": without_light, "gates": without_gates}


def drawn(stock, kind):
    """The scenes of a kind, frame by frame: frames (n, h, w, 3) and labels (n, h, w)."""
    number = list(KINDS).index(kind)
    scenes = [Scene(stock, SIZE, frames=FRAMES, seed=(SEED, number, k), kind=kind) for k in range(SCENES)]
    for t in range(FRAMES):
        frames, labels = zip(*(scene.render(t) for scene in scenes), strict=True)
        yield np.stack(frames), np.stack(labels)


class Run:
    """A model on several scenes at once, its memory carried on."""

    def __init__(self, model):
        self._model, self._state = model, None
        self._step = tf.function(model.run)

    def begin(self):
        self._state = self._model.initial_state(SCENES, *SIZE)

    def __call__(self, frames):
        logits, self._state = self._step(tf.constant(frames[:, None]), self._state)
        return self._model.labels(logits).numpy()[:, 0] == 1


class Tally:
    """True positives, false positives and misses of each scene; ghosts' pixels, marked and all."""

    def __init__(self):
        self.counts, self.ghosts, self.pixels, self.since = np.zeros((3, SCENES)), np.zeros(2), 0, None

    def add(self, mask, labels):
        true, known = labels == MOVING, labels != UNKNOWN
        parts = mask & true, mask & ~true & known, ~mask & true
        self.counts += [part.sum(axis=(1, 2)) for part in parts]
        self.pixels += known.sum()
        if self.since is None:
            self.hidden, self.since = (labels == MOVING) | (labels == UNKNOWN), np.zeros(labels.shape, int)
        self.since = np.where(labels == STATIC, self.since + 1, 0)
        place = self.hidden & (self.since > SETTLED)
        self.ghosts += (mask & place).sum(), place.sum()

    def to_dict(self, kind):
        right, false, missed = self.counts
        row = {"ghost pixels": [int(count) for count in self.ghosts]}
        if kind == "still":
            return row | {"marked": float(false.sum() / self.pixels)}
        each = 2 * right / np.maximum(2 * right + false + missed, 1)
        there = right + missed > 0
        return row | {"f": float(each[there].mean()), "scenes": [round(float(f), 4) for f in each[there]]}


def tallies(models, frames):
    """What each model found in the scenes."""
    found = {name: Tally() for name in models}
    for run in models.values():
        run.begin()
    for pictures, labels in frames:
        for name, run in models.items():
            found[name].add(run(pictures), labels)
    return found


if __name__ == "__main__":
    main()

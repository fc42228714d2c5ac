"""The best place of a memory to separate touching cells: SEG, splits and merges by its place.

    cells.py CELLS OUT [--config configs/cells.toml] [--seeds 0 1 2] [--only PLACE …] [--set KEY=VALUE …] [--json FILE]

CELLS holds frames/ and id_masks/ of one video, whose pixels are numbers of cells. The first frames train, the last
ones test; the same net, clips and steps for every place. OUT/data is the set with three classes (background, cell, edge
of a cell), and stays as it is once made; so does a run that has ended. Cells are the connected regions of the class
cell, grown by the edge that was taken from them.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np

from seqseg.config import load_experiment
from seqseg.config.text import parse_assignment
from seqseg.inference import Predictor
from seqseg.metrics import seg_measure
from seqseg.models import load_model
from seqseg.training.fit import train

TRAINING, TEST = 18, 10
EDGE = 1
SMALLEST = 16
LSTM = {"name": "convlstm", "residual": True}
PLACES = {
    "none": {},
    "bottleneck": {"P3": LSTM},
    "finest levels": {"P0": LSTM, "P1": LSTM},
    "every level": dict.fromkeys(("P0", "P1", "P2", "P3"), LSTM),
    "logits": {"logits": LSTM},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cells", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--config", default="configs/cells.toml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=list(PLACES), choices=list(PLACES), metavar="PLACE")
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    frames, masks = _pictures(args.cells / "frames", cv2.IMREAD_COLOR), _pictures(args.cells / "id_masks")
    _write_set(frames, masks, args.out / "data")
    rows = []
    for seed in args.seeds:
        for place in args.only:
            run = _trained(args, place, seed)
            rows.append({"memory": place, "seed": seed} | _score(run / "last.keras", frames, masks))
            print(rows[-1], flush=True)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _pictures(folder, how=cv2.IMREAD_UNCHANGED):
    """The first 18 and last 10 pictures."""
    return [cv2.imread(str(file), how) for file in sorted(folder.glob("*.png"))[: TRAINING + TEST]]


def _write_set(frames, masks, folder):
    if folder.is_dir():
        return
    for split, part in (("train", slice(0, TRAINING)), ("val", slice(TRAINING, None))):
        for kind, pictures in (("images", frames[part]), ("masks", [_classes(ids) for ids in masks[part]])):
            (folder / split / kind).mkdir(parents=True)
            for number, picture in enumerate(pictures):
                cv2.imwrite(str(folder / split / kind / f"{number:03d}.png"), picture)
    (folder / "classes.txt").write_text("background\ncell\nedge\n", encoding="utf-8")


def _classes(ids):
    """0 background, 1 cell, 2 edge: pixels of a cell that are within EDGE of another cell or of the background."""
    square = np.ones((2 * EDGE + 1,) * 2, np.uint8)
    around = cv2.dilate(ids, square), cv2.erode(ids, square)  # at the picture's border both go on as it is
    edge = (around[0] != ids) | (around[1] != ids)
    return np.where(ids == 0, 0, np.where(edge, 2, 1)).astype(np.uint8)


def _trained(args, place, seed):
    run = args.out / f"{place.replace(' ', '_')}-{seed}"
    if not (run / "last.keras").is_file():
        changes = {"data.source": f"folders:{args.out / 'data'}", "model.temporal": PLACES[place]}
        experiment = load_experiment(args.config, dict(map(parse_assignment, args.changes)) | changes)
        experiment = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, seed=seed))
        train(experiment, run, resume=(run / "state.npz").is_file())
    return run


def _score(weights, frames, masks):
    """Of the test frames, as deployed: the memory has seen all frames before them."""
    model = load_model(weights)
    predictor, state, scores = Predictor(model), None, []
    for number, (frame, ids) in enumerate(zip(frames, masks, strict=True)):
        mask, state = predictor.step(np.ascontiguousarray(frame[..., ::-1]), state)
        if number >= TRAINING:
            scores.append(seg_measure(ids, numbered(mask)))
    return {
        "SEG": round(100 * float(np.mean(np.concatenate([score.overlaps for score in scores]))), 1),
        "splits": sum(score.splits for score in scores),
        "merges": sum(score.merges for score in scores),
        "cells": sum(len(score.overlaps) for score in scores),
        "parameters": model.count_params(),
    }


def numbered(mask):
    """Classes (h, w) -> numbers of cells: connected regions of the class cell, grown over what is edge around them."""
    _, cells, figures, _ = cv2.connectedComponentsWithStats((mask == 1).astype(np.uint8), connectivity=4)
    cells[figures[cells, cv2.CC_STAT_AREA] < SMALLEST] = 0
    for _ in range(EDGE):
        grown = cv2.dilate(cells.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
        cells = np.where((cells == 0) & (mask == 2), grown, cells)
    return cells


if __name__ == "__main__":
    main()

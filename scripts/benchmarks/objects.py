"""Objects followed through masks: cells against their true ids, and vehicles on a highway.

    objects.py --cells DIR [--highway MASKS.mkv --first 900 --last 1100 --begin 700] [--json FILE]

Cells: the true ids (DIR/id_masks) become one mask of foreground, in which neighbours touch. A cell has the id that
covers most of it, half of it at least; a switch is a cell with another id than when it was last seen. `plain` gives a
region the id that it overlaps most in the frame before, else a new one. Highway: MASKS.mkv is what
`seqseg stream moving --source FRAMES --masks MASKS.mkv` wrote of frames from number `begin` on.
"""

import argparse
import json
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from skimage.measure import label

from streams import Follower, MovieFrames


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=Path, required=True)
    parser.add_argument("--highway", type=Path)
    parser.add_argument("--first", type=int, default=900)
    parser.add_argument("--last", type=int, default=1100)
    parser.add_argument("--begin", type=int, default=700, help="the number of the movie's first frame")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    report = {"cells": cells(args.cells)}
    if args.highway:
        report["highway"] = highway(args)
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def cells(folder):
    """Counts and switches of every way, from the second frame on."""
    truth = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((folder / "id_masks").glob("*.png"))]
    ways = {"plain": plain} | {
        f"{touching}, confirmed in {confirm}": follower(touching, confirm)
        for touching in ("merge", "part")
        for confirm in (1, 2)
    }
    rows = {}
    for name, way in ways.items():
        begin = time.perf_counter()
        found = way([(one > 0).astype(np.uint8) for one in truth])
        milliseconds = 1000 * (time.perf_counter() - begin) / len(truth)
        rows[name] = score(truth, found) | {"milliseconds": round(milliseconds, 1)}
    return {"frames": len(truth), "true_ids": len(np.unique(truth)) - 1, "ways": rows}


def follower(touching, confirm):
    """masks -> ids (h, w) of each."""

    def run(masks):
        following, tracks = Follower((1,), least=20, confirm=confirm, touching=touching), None
        for number, mask in enumerate(masks):
            found, tracks = following.step(mask, tracks, pts=Fraction(number, 10))
            ids = np.zeros(mask.shape, np.int32)
            for one in found.sightings:
                x, y, width, height = one.region.box
                ids[y : y + height, x : x + width][one.region.pixels] = one.id
            yield ids

    return lambda masks: list(run(masks))


def plain(masks):
    """The id of the region that is overlapped most in the frame before, if no other region has it yet."""
    before, last, found = None, 0, []
    for mask in masks:
        regions, count = label(mask, connectivity=2, return_num=True)
        ids, taken = np.zeros(mask.shape, np.int32), set()
        for number in range(1, count + 1):
            region = regions == number
            common = np.bincount(before[region]) if before is not None else np.zeros(1, int)
            common[0] = 0
            mine = int(common.argmax())
            if not mine or mine in taken:
                last += 1
                mine = last
            taken.add(mine)
            ids[region] = mine
        before = ids
        found.append(ids)
    return found


def score(truth, found):
    last, switches, errors, seen = {}, 0, [], 0
    for number, (true, ids) in enumerate(zip(truth, found, strict=True)):
        cells = np.unique(true)[1:]
        if number:
            errors.append(abs(len(np.unique(ids[ids > 0])) - len(cells)))
        for cell in cells:
            common = np.bincount(ids[true == cell])
            common[0] = 0
            if common.max(initial=0) < 0.5 * (true == cell).sum():
                continue
            mine = int(common.argmax())
            seen += number > 0
            switches += last.get(cell, mine) != mine
            last[cell] = mine
    return {
        "ids": len(np.unique(found)) - 1,
        "cells_with_an_id": seen,
        "switches": switches,
        "switches_a_frame": round(switches / (len(truth) - 1), 2),
        "count_error": round(float(np.mean(errors)), 2),
    }


def highway(args):
    """Every object of the file of tracks."""
    masks = MovieFrames(args.highway, pixels="gray")
    following, tracks, ended = Follower((1,)), None, []
    for number in range(args.first, args.last):
        found, tracks = following.step(np.asarray(masks[number - args.begin]), tracks, pts=Fraction(number, 30))
        ended += found.ended
    ended += following.end(tracks)
    rows = [
        {
            "id": track.id,
            "first_frame": round(track.first * 30),
            "last_frame": round(track.last * 30),
            "frames": track.seen,
            "start": [round(part) for part in track.start],
            "end": [round(part) for part in track.region.centroid],
            "mean_area": round(track.areas / track.seen),
            "why": reason,
        }
        for track, reason in sorted(ended, key=lambda one: one.track.id)
    ]
    return {"frames": [args.first, args.last - 1], "objects": len(rows), "tracks": rows}


if __name__ == "__main__":
    main()

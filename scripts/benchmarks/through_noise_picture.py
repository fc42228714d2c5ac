"""The curves of mIoU against noise, and the value of a memory in dB of noise.

    through_noise_picture.py through_noise.json memory_on_top.json OUT.png

The value of a method is the number of dB by which noise may grow until it scores what the twin scores alone; scores are
interpolated linearly between the measured levels. Of one seed (0), so that every net goes on from the same twin.
"""

import argparse
import json
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

TWIN = ("twin", "frame by frame")
STYLES = {
    ("image net", "frame by frame"): ("image net, clean frames only", "#999999", ":"),
    ("image net", "denoise and smooth along motion"): ("… --denoise --smooth 0.9 --along-motion", "#6aa84f", ":"),
    TWIN: ("twin, trained on noise", "#555555", "-"),
    ("twin", "denoise and smooth along motion"): ("… --denoise --smooth 0.9 --along-motion", "#8fb3d9", "-"),
    ("twin of cleaned clips", "denoise and smooth along motion"): ("… and trained on cleaned clips", "#7a4fa3", "-"),
    ("gated mean", "frame by frame"): ("twin with a learned mean", "#f4c095", "-"),
    ("gated mean", "denoise"): ("… --denoise", "#e8804d", "-"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("on_top", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows, on_top = (json.loads(path.read_text(encoding="utf-8")) for path in (args.rows, args.on_top))
    scores = _scores(row for row in [*rows, *map(_as_deployed, on_top)] if row["seed"] in (None, args.seed))
    for key, levels in scores.items():
        for level, some in levels.items():
            print(*key, level, f"{np.mean(some):.1f} ± {np.std(some, ddof=1) if len(some) > 1 else 0:.1f}", sep=" | ")
    print("\nworth, dB:")
    for key in STYLES:
        if key != TWIN and key in scores and key[0] != "image net":
            print(*key, {level: worth(scores[key], scores[TWIN], level) for level in (20, 14) if level in scores[key]})
    _draw(scores, args.out)


def _as_deployed(row):
    """A row of memory_on_top.json as one of through_noise.json."""
    level, _, cleaned = row["level"].partition(" ")
    return row | {"net": row["memory"], "way": "denoise" if cleaned else "frame by frame", "level": level}


def _scores(rows):
    """(net, way) -> level in dB, or a word -> the mIoU of every seed."""
    found = {}
    for row in rows:
        level = float(row["level"]) if row["level"].isdigit() else row["level"]
        found.setdefault((row["net"], row["way"]), {}).setdefault(level, []).append(row["mIoU"])
    return found


def worth(ours, twin, level):
    """How many dB less noise the twin needs for the mean score that we have at `level`."""
    levels = sorted(key for key in twin if not isinstance(key, str))
    known = [np.mean(twin[key]) for key in levels]
    score = np.mean(ours[level])
    if score > known[-1]:
        return f"more than {levels[-1] - level:.1f}"
    return round(float(np.interp(score, known, levels)) - level, 1)


def _draw(scores, path):
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 8}):
        figure, panel = plt.subplots(figsize=(5.2, 3.6))
        levels = sorted({key for some in scores.values() for key in some if not isinstance(key, str)})
        places = [*levels, "clean"]
        for key, (label, colour, line) in STYLES.items():
            if key not in scores:
                continue
            some = {place: scores.get(key, {}).get(place) for place in places}
            at = [index for index, place in enumerate(places) if some[place]]
            means = [np.mean(some[places[index]]) for index in at]
            spreads = [np.std(some[places[index]], ddof=1) if len(some[places[index]]) > 1 else 0 for index in at]
            panel.errorbar(
                at, means, spreads, color=colour, linestyle=line, marker="o", markersize=3, capsize=2, label=label
            )
        panel.set_xticks(range(len(places)), [f"{place:g} dB" if place != "clean" else place for place in places])
        panel.set_xlabel("noise, dB below white")
        panel.set_ylabel("mIoU %, CamVid validation")
        panel.grid(axis="y", color="#e6e6e6")
        panel.legend(frameon=False, fontsize=7, loc="lower right")
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        figure.tight_layout()
        figure.savefig(path, dpi=130)
        plt.close(figure)


if __name__ == "__main__":
    main()

"""Draw the loss and the scores of a run, step by step, from its metrics.csv."""

import argparse
import csv
from pathlib import Path

import matplotlib.pyplot as plt


def main():
    parser = argparse.ArgumentParser(prog="scripts/training_curve", description=__doc__)
    parser.add_argument("run", type=Path, help="a run folder")
    parser.add_argument("out", type=Path, help="a .png file")
    args = parser.parse_args()
    with (args.run / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    figure, (losses, scores) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axes, names, title in ((losses, ("loss", "val_loss"), "loss"), (scores, ("miou", "val_miou"), "mIoU")):
        for name in names:
            drawn = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
            kind = "validation, averaged weights" if name.startswith("val") else "training, on crops"
            axes.plot(*zip(*drawn, strict=True), label=kind, marker="o" if name.startswith("val") else None)
        axes.set(title=title, xlabel="step")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    scores.set_ylim(0, 1)
    figure.savefig(args.out, dpi=110)


if __name__ == "__main__":
    main()

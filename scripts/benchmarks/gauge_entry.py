"""When the gauge of `seqseg forecast` detects that a person enters, compared with a changedetection video's labels.

The threshold is 1.5 times the highest surprise of frames in which nothing happens. The ground truth is the first mask
with moving pixels; pixels labelled unknown, at the edges of moving objects, appear a little earlier.
"""

import argparse
import json
from pathlib import Path

import imageio.v3 as imageio
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from seqseg.data.files.listing import natural_key  # noqa: E402

MOVING, UNKNOWN = 255, 170
ABOVE = 1.5
CHUNK = 4  # frames that pass the network at once


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="a predictor of frames, a .keras file; or last: each frame is expected to stay")
    parser.add_argument("frames", type=Path, help="input/ of the video, an image for every frame")
    parser.add_argument("truth", type=Path, help="groundtruth/ of the video, a mask for every frame")
    parser.add_argument("--range", type=int, nargs=2, required=True, metavar=("FROM", "TO"), help="frames, from 0 on")
    parser.add_argument(
        "--calm", type=int, nargs=2, required=True, metavar=("FROM", "TO"), help="nothing happens there"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="NAME", help="NAME.json and NAME.png are written")
    args = parser.parse_args()
    first, last = args.range
    files = sorted(args.frames.iterdir(), key=lambda path: natural_key(path.name))[first:last]
    images = np.stack([imageio.imread(file) for file in files])
    surprise, whole = (np.concatenate([np.full(first, np.nan), curve]) for curve in gauged(args.model, images))
    moving, unknown = first_frames(args.truth)
    whole = whole / np.nanmedian(whole[slice(*args.calm)])
    result = {"frames": args.range, "calm": args.calm, "first_moving": moving, "first_unknown": unknown}
    result |= {
        "surprise": summary_of(surprise, args.calm, min(moving, unknown)),
        "error_of_the_whole_picture": summary_of(whole, args.calm, min(moving, unknown)),
    }
    args.out.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    draw(args.out.with_suffix(".png"), surprise, whole, result)
    print(json.dumps(result, indent=2))


def gauged(path, images):
    """The surprise and the whole picture's error of every frame, as `seqseg forecast` gives them; NaN for the first."""
    from seqseg.inference.forecasting.surprise import Surprise, block_errors

    gauge, expected, rows = Surprise(), None, []
    for image, following in zip(images, images if path == "last" else predictions(path, images), strict=True):
        errors = np.full((1, 1), np.nan) if expected is None else block_errors(image, expected)
        whole = np.nan if expected is None else np.sqrt(np.mean((image / 255.0 - expected / 255.0) ** 2))
        rows.append((gauge.rate(errors), whole))
        expected = following
    return np.array(rows).T


def predictions(path, images):
    """A model's forecast after each image, one by one."""
    from seqseg.models import load_model

    model, state = load_model(path), None
    for start in range(0, len(images), CHUNK):
        predicted, state = model.run(images[None, start : start + CHUNK], state)
        yield from np.rint(np.clip(np.asarray(predicted)[0], 0, 255))


def first_frames(folder):
    """The first frames, from 0 on, that show moving and unknown pixels."""
    firsts = {}
    for index, path in enumerate(sorted(folder.iterdir(), key=lambda path: natural_key(path.name))):
        for value in set(np.unique(imageio.imread(path)).tolist()) & {MOVING, UNKNOWN}:
            firsts.setdefault(value, index)
        if MOVING in firsts:
            return firsts[MOVING], firsts.get(UNKNOWN, firsts[MOVING])
    raise SystemExit(f"nothing moves in {folder}; give the groundtruth/ of a video in which something does")


def summary_of(curve, calm, entry):
    """The threshold, the first frame above it from the entry on, alarms before the entry, and the peak after it."""
    threshold = ABOVE * float(np.nanmax(curve[calm[0] : calm[1]]))
    above = np.flatnonzero(curve > threshold)
    after = above[above >= entry]
    return {
        "threshold": round(threshold, 3),
        "told": int(after[0]) if len(after) else None,
        "false_alarms": int(np.sum(above < entry)),
        "peak": round(float(np.nanmax(curve[entry : entry + 60])), 2),
    }


def draw(path, surprise, whole, result):
    """The whole video, and the seconds about the entry."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained", width_ratios=(2, 1))
    for part, axis in enumerate(axes):
        axis.semilogy(surprise, lw=0.8, color="#c0392b", label="surprise (blocks)")
        axis.semilogy(whole, lw=0.8, color="0.55", label="error of the whole picture")
        axis.axhline(
            result["surprise"]["threshold"], color="k", lw=0.8, ls=":", label="threshold, from the calm frames"
        )
        axis.axvline(result["first_moving"], color="#2980b9", lw=1.0, label="first moving pixels, by the truth")
        axis.set(xlabel="frame", ylabel="" if part else "by what is usual")
    axes[0].axvspan(*result["calm"], color="0.92", label="calm frames, not trained on")
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, fontsize=7, ncols=5, loc="outside upper center")
    axes[0].set_xlim(*result["frames"])
    axes[1].set_xlim(result["first_moving"] - 30, result["first_moving"] + 30)
    figure.savefig(path, dpi=100)
    plt.close(figure)


if __name__ == "__main__":
    main()

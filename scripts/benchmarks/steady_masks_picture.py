"""Strips of a noisy video, of what a model makes of each frame alone, and with averages along the motion.

steady_masks_picture.py MODEL SPEC OUT.jpg [--video NAME] [--noise 20] [--first 0] [--frames 24] [--smooth 0.9]

The last frames of so many are shown, one below the other the picture, the masks of it alone and those with averages.
"""

import argparse
from pathlib import Path

import cv2
import imageio.v3 as imageio
import numpy as np
from steady_masks import SEED, WAYS, noisy

from seqseg.data import open_data
from seqseg.inference import Predictor
from seqseg.models import load_model

SHOWN = ("frame by frame", "denoise and smooth along motion")
COLUMNS, WIDTH = 4, 300


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("spec")
    parser.add_argument("out", type=Path)
    parser.add_argument("--video", help="a part of its name (the first)")
    parser.add_argument("--noise", default="20")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--smooth", type=float, default=0.9)
    args = parser.parse_args()
    model, videos = load_model(args.model), open_data(args.spec, split="all").videos
    video = next(one for one in videos if args.video is None or args.video in one.name)
    numbers = range(args.first, args.first + args.frames)
    frames = [noisy(video.frame(number), args.noise, (SEED, 0, number)) for number in numbers]
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(model.card.palette)] = model.card.palette
    rows = [[_small(frame) for frame in frames[-COLUMNS:]]]
    for way in SHOWN:
        predictor, state, drawn = Predictor(model, size="trained", exclusive=True, **WAYS[way](args.smooth)), None, []
        for frame in frames:
            mask, state = predictor.step(frame, state)
            drawn.append(np.where(mask[..., None] > 0, palette[mask] // 2 + frame // 2, frame))
        rows.append([_small(picture.astype(np.uint8)) for picture in drawn[-COLUMNS:]])
    imageio.imwrite(args.out, np.concatenate([np.concatenate(row, axis=1) for row in rows]), quality=80)


def _small(picture):
    return cv2.resize(
        picture, (WIDTH, round(WIDTH * picture.shape[0] / picture.shape[1])), interpolation=cv2.INTER_AREA
    )


if __name__ == "__main__":
    main()

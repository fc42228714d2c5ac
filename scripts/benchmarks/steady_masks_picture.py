"""A noisy frame, what a model makes of it alone, and with averages along the motion; and its labels, side by side.

steady_masks_picture.py MODEL SPEC OUT.jpg [--noise 14] [--first 30] [--frames 12] [--smooth 0.9]
"""

import argparse
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from steady_masks import SEED, WAYS, noisy

from seqseg.data import open_data
from seqseg.inference import Predictor
from seqseg.models import load_model

SHOWN = ("frame by frame", "denoise and smooth along motion")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("spec")
    parser.add_argument("out", type=Path)
    parser.add_argument("--noise", default="14")
    parser.add_argument("--first", type=int, default=30)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--smooth", type=float, default=0.9)
    args = parser.parse_args()
    model, data = load_model(args.model), open_data(args.spec, split="val")
    video, masks = data.videos[0], {}
    frames = range(args.first, args.first + args.frames)
    for way in SHOWN:
        predictor, state = Predictor(model, size="trained", exclusive=True, **WAYS[way](args.smooth)), None
        for index in frames[-1:] if way == SHOWN[0] else frames:
            masks[way], state = predictor.step(noisy(video.frame(index), args.noise, (SEED, 0, index)), state)
    image, labels = video.pair(frames[-1])
    palette = np.zeros((256, 3), np.uint8)
    palette[: len(data.palette)] = data.palette
    drawn = [palette[mask] // 2 + image // 2 for mask in (*masks.values(), labels)]
    seen = noisy(image, args.noise, (SEED, 0, frames[-1]))
    rows = [np.concatenate([seen, drawn[2]], axis=1), np.concatenate(drawn[:2], axis=1)]
    imageio.imwrite(args.out, np.concatenate(rows), quality=85)


if __name__ == "__main__":
    main()

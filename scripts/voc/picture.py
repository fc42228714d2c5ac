"""Masks of a model over frames of movies, as one picture: picture.py MODEL.keras OUT.jpg MOVIE…"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from seqseg.data import open_data
from seqseg.inference import Predictor
from seqseg.models import load_model
from streams.overlay import Overlay

FRAMES, HEIGHT = 4, 216


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("movies", nargs="+", type=Path)
    args = parser.parse_args()
    model = load_model(args.model)
    overlay = Overlay(np.array(model.card.palette, np.uint8), model.card.classes, contours=True)
    predictor = Predictor(model, size="trained")
    tiles = []
    for movie in args.movies:
        video = open_data(f"frames:{movie}", split="all").videos[0]
        for index in np.linspace(0, len(video) - 1, FRAMES + 2).astype(int)[1:-1]:
            frame = np.ascontiguousarray(video.frame(int(index)))
            mask, _ = predictor.step(frame)
            drawn = overlay.draw(frame, mask)
            tiles.append(cv2.resize(drawn, (round(frame.shape[1] * HEIGHT / frame.shape[0]), HEIGHT)))
    bands = [np.concatenate(tiles[k : k + FRAMES], axis=1) for k in range(0, len(tiles), FRAMES)]
    width = max(band.shape[1] for band in bands)
    bands = [cv2.copyMakeBorder(band, 0, 0, 0, width - band.shape[1], cv2.BORDER_CONSTANT) for band in bands]
    cv2.imwrite(str(args.out), np.concatenate(bands)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()

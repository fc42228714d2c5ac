"""The trained network as one file, RUN/voc.keras, with its card and weights in float16: finish.py RUN"""

import argparse
import dataclasses
from pathlib import Path

from teacher import build_voc
from train import EDGE_FILTERS

from seqseg.geometry import Resizing
from seqseg.models import save_model

LARGEST, STRIDE = (512, 512), 16
"""Larger frames are shrunk to fit into this, the size of the training images of the teacher and of `voc`."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    model = finished(args.run / "ema.weights.h5")
    save_model(model, args.run / "voc.keras")


def finished(weights):
    """The network with the mean weights of a run, and a card that says how frames are brought to it."""
    model = build_voc(edge_filters=EDGE_FILTERS)
    model.load_weights(weights)
    resizing = Resizing("within", LARGEST, multiple=STRIDE)
    model.card = dataclasses.replace(model.card, timesteps=1, size=LARGEST, fit=resizing.to_card())
    return model


if __name__ == "__main__":
    main()

"""(b) One frame through `Predictor.step` against `model.predict` on the stock stateful copy."""

import numpy as np
from measure import in_turns
from stock import FILTERS, stock_unet_lstm

from seqseg.inference import Predictor
from seqseg.models import build_model

CLASSES = 11


def compare(height, width, *, rounds):
    """Ours over stock, in one run, frames and masks in numpy on both sides."""
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), "uint8")
    stock = stock_unet_lstm(timesteps=1, height=height, width=width, classes=CLASSES, batch=1, stateful=True)
    predictor = Predictor(build_model("unet_lstm", classes=CLASSES, filters=FILTERS))
    states = [None]

    def ours():
        _, states[0] = predictor.step(frame, states[0])

    def theirs():
        return stock.predict(frame[None, None], verbose=0).argmax(-1)

    # A stream is many frames in a row, so each side runs several before the other.
    seconds = in_turns(rounds, calls=10, ours=ours, stock=theirs)
    return {"ratio": seconds["ours"] / seconds["stock"], "figures": seconds}

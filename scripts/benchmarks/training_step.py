"""(a) A training step of unet_lstm against the same network from stock layers: time, build time, memory."""

import json
import sys
import time

import keras
import numpy as np
from measure import in_a_process, in_turns, peak_memory
from stock import FILTERS, stock_unet_lstm

from seqseg.losses import CrossEntropy
from seqseg.models import build_model

BATCH, TIMESTEPS, HEIGHT, WIDTH, CLASSES = 2, 8, 176, 240, 11


def compare():
    """Ratios of ours to stock at batch 2, 8 frames of 176x240."""
    batch = _batch()
    ours, stock = (_trainer(name) for name in ("ours", "stock"))
    seconds = in_turns(6, ours=lambda: ours.train_on_batch(*batch), stock=lambda: stock.train_on_batch(*batch))
    alone = {name: in_a_process("training_step.py", name) for name in ("ours", "stock")}
    return {
        "step": seconds["ours"] / seconds["stock"],
        "memory": alone["ours"]["memory"] / alone["stock"]["memory"],
        "build": alone["ours"]["build"] / alone["stock"]["build"],
        "figures": {"seconds a step": seconds, "alone": alone},
    }


def alone(name):
    """Seconds to build and trace, and MiB that training takes beyond the imports, in a process of its own."""
    before = peak_memory()
    batch = _batch()
    begin = time.perf_counter()
    trainer = _trainer(name)
    trainer.train_on_batch(*batch)
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    trainer.train_on_batch(*batch)
    return {"build": first - (time.perf_counter() - begin), "memory": peak_memory() - before}


def _trainer(name):
    if name == "ours":
        model = build_model("unet_lstm", classes=CLASSES, filters=FILTERS)
    else:
        model = stock_unet_lstm(timesteps=TIMESTEPS, height=HEIGHT, width=WIDTH, classes=CLASSES)
    model.compile(keras.optimizers.AdamW(1e-3), CrossEntropy(), jit_compile=False)
    return model


def _batch():
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 256, (BATCH, TIMESTEPS, HEIGHT, WIDTH, 3), "uint8")
    return clip, rng.integers(0, CLASSES, clip.shape[:-1], "uint8")


if __name__ == "__main__":
    print(json.dumps(alone(sys.argv[1])))

"""The examples in the docstrings of layers, models, losses and metrics are true, on every backend."""

import doctest
import importlib
import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

PACKAGES = ("seqseg.layers", "seqseg.losses", "seqseg.metrics", "seqseg.models")
ELSEWHERE = ("seqseg.models.pretrained", "seqseg.models.ready")  # whose examples read files of the user
ROOT = Path(__file__).resolve().parent.parent


def modules():
    """The names of the modules that hold an example."""
    for package in PACKAGES:
        path = ROOT / package.replace(".", "/")
        names = [package, *(found.name for found in pkgutil.walk_packages([str(path)], package + "."))]
        for name in names:
            file = importlib.util.find_spec(name).origin
            if not name.startswith(ELSEWHERE) and ">>> " in Path(file).read_text(encoding="utf-8"):
                yield name


@pytest.fixture(scope="module")
def names():
    """What the examples take as given: the public names, and a small batch of everything."""
    known = {"np": np, "ops": ops, "keras": keras}
    for package in PACKAGES:
        module = importlib.import_module(package)
        known |= {name: getattr(module, name) for name in module.__all__}
    known["build_model"] = lambda name, **options: importlib.import_module("seqseg.models").build_model(
        name, **({} if name in ("moving",) else {"filters": 2}) | options
    )
    known["model"] = known["build_model"]("unet_lstm", classes=11)
    rng = np.random.default_rng(0)
    clips, logits = rng.integers(0, 256, (2, 3, 16, 24, 3), "uint8"), rng.normal(size=(2, 3, 16, 24, 11))
    known |= {"clip": clips, "clips": clips, "images": clips[:, 0], "few": clips, "many": clips}
    known |= {"labels": rng.integers(0, 11, (2, 3, 16, 24)), "masks": rng.integers(0, 11, (2, 16, 24))}
    known |= {"logits": logits.astype("float32"), "unlabelled_logits": logits.astype("float32")}
    known |= {"flow": np.zeros((2, 2, 16, 24, 2), "float32"), "frames": clips[:, :1], "state": None}
    known |= {"features": ops.ones((2, 24, 32, 5)), "maps": ops.ones((2, 5, 7, 3)), "vector": ops.ones((2, 4))}
    return known


@pytest.mark.parametrize("name", list(modules()))
def test_the_examples_give_what_they_say(name, names):
    if name == "seqseg.metrics.frame_quality":
        pytest.importorskip("skimage")
    known = dict(names)
    if name == "seqseg.models.ladder.network":
        stages = [known["LadderStage"]("dense", 20), known["LadderStage"]("dense", 3, activation="softmax")]
        costs = {"noise": 0.3, "costs": (1000, 10, 0.1)}
        known |= {"ladder": known["Ladder"](stages, input_shape=(8,), **costs), "many": np.ones((6, 8), "float32")}
    result = doctest.testmod(importlib.import_module(name), extraglobs=known, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted and not result.failed


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_examples_hold_on(backend):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("this is the other backend's own run")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:]

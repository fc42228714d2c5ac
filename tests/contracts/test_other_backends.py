"""The same law on the other backends, each in a process of its own, since a process has one backend."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAW = [
    "tests/contracts/test_models.py",
    "tests/contracts/test_grid.py",
    "tests/layers/test_cells.py",
    "tests/layers/test_unroll.py",
    "tests/layers/test_up_conv.py",
    "tests/models/temporal/test_motion.py",
    "tests/inference/test_predictor.py",
]
QUICK = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
"""Compiling takes most of the time on JAX, and half of it goes into making code fast that runs once; slow: as it is."""
BRICKS = [*LAW[:2], "tests/contracts/test_law_at_picture_size.py", "tests/layers", "tests/inference"]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_law_holds_on(backend):
    assert_passes_on(backend, LAW, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_brick_holds_on(backend):
    assert_passes_on(backend, BRICKS)


def assert_passes_on(backend, tests, settings=None):
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        pytest.skip("this is the other backend's own run")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"KERAS_BACKEND": backend} | (settings or {}),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]

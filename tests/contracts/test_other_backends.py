"""The same facts on the other backends: one process a backend runs many files of tests, and each file is reported."""

import functools
import importlib.util
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICK_FILES = (
    "tests/contracts/test_models.py",
    "tests/contracts/test_grid.py",
    "tests/contracts/test_symbolic.py",
    "tests/layers/test_cells.py",
    "tests/layers/test_unroll.py",
    "tests/layers/test_up_conv.py",
    "tests/models/temporal/test_motion.py",
    "tests/inference/test_predictor.py",
)
QUICK = (("JAX_DISABLE_MOST_OPTIMIZATIONS", "1"),)
"""Compiling takes most of the time on JAX, and half of it goes into making code fast that runs once; slow: as it is."""
BRICKS = (*QUICK_FILES[:3], "tests/contracts/test_law_at_picture_size.py", "tests/layers", "tests/inference")


@pytest.mark.parametrize("tests", QUICK_FILES)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_what_holds_on_tensorflow_holds_on(backend, tests):
    require_passed(outcomes(backend, QUICK_FILES, QUICK), tests)


@pytest.mark.slow
@pytest.mark.parametrize("tests", BRICKS)
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_brick_holds_on(backend, tests):
    require_passed(outcomes(backend, BRICKS), tests)


def require_passed(cases, tests):
    """Something of this file or folder was run, and all of it passed."""
    module = tests.removesuffix(".py").replace("/", ".")
    found = [case for case in cases if f"{case.get('classname') or case.get('name')}.".startswith(f"{module}.")]
    failures = [
        f"{case.get('name')}: {result.text}" for case in found for result in case if result.tag in ("failure", "error")
    ]
    assert not failures, "\n".join(failures)
    assert any(len(case) == 0 for case in found), f"nothing of {tests} was run"


@functools.cache
def outcomes(backend, tests, settings=()):
    """What a process of its own reports of every test: JUnit's elements; `pytest` runs it once for all files."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        pytest.skip("this is the other backend's own run")
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests],
            cwd=ROOT,
            env=os.environ | {"KERAS_BACKEND": backend} | dict(settings),
            capture_output=True,
            text=True,
        )
        # 0 all passed, 1 some failed; anything else is a crash, an interruption or nothing to run.
        assert run.returncode in (0, 1, 2) and report.is_file(), run.stdout[-3000:] + run.stderr[-1000:]
        return list(ElementTree.parse(report).iter("testcase"))

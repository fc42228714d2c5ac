"""The environment without TensorFlow and Keras that scripts/runtime_only makes."""

import os
import subprocess
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TO_THE_FIRST_MASK = 2.0  # the processor's seconds, with Python's start: other work does not count


@pytest.mark.slow
def test_an_environment_without_tensorflow_streams_an_export(exported, tmp_path):
    path = exported("onnx")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    made = subprocess.run([ROOT / "scripts/runtime_only", tmp_path / "slim"], env=environment, text=True)
    if made.returncode:
        pytest.skip("pip cannot install here")
    python = tmp_path / "slim/bin/python"
    code = "import importlib.util as find; print([bool(find.find_spec(name)) for name in ('keras', 'tensorflow')])"
    found = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[False, False]"
    imageio.imwrite(tmp_path / "0.png", np.zeros((41, 47, 3), "uint8"))
    command = [tmp_path / "slim/bin/seqseg", "stream", path, "--source", tmp_path / "0.png", "--masks"]
    seconds = []
    for run in ("first", "second", "third"):  # the first writes Python's byte code
        before = os.times()
        subprocess.run([*command, tmp_path / run], env=environment, check=True)
        after = os.times()
        own = after.children_user - before.children_user, after.children_system - before.children_system
        seconds.append(sum(own))
        assert imageio.imread(tmp_path / run / "0.png").shape[:2] == (41, 47)
    assert min(seconds) <= TO_THE_FIRST_MASK

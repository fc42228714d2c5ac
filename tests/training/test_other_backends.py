"""The same training code on JAX and torch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqseg.config import dump_experiment

TRAINED = """
import sys
from seqseg.config import load_experiment
from seqseg.data import open_data
from seqseg.models import load_model
from seqseg.evaluation.evaluate import evaluate_clips
from seqseg.training.fit import train

experiment = load_experiment(sys.argv[1])
result = train(experiment, sys.argv[2])
data = open_data(experiment.data.source, split="val")
evaluation = evaluate_clips(load_model(result.run / "best.keras"), data, timesteps=2, size=(19, 29))
print(result.best_miou - evaluation.miou)
"""


@pytest.mark.slow
@pytest.mark.parametrize("carry", [False, True], ids=["clips", "carried state"])
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_trains_and_its_best_model_scores_what_the_training_said(tmp_path, tiny, backend, carry):
    pytest.importorskip(backend)
    experiment = tiny(training__carry_state=carry, training__learning_rate=1e-2, training__class_weights="inverse_log")
    (tmp_path / "config.toml").write_text(dump_experiment(experiment))
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", TRAINED, tmp_path / "config.toml", tmp_path / "run"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    *lines, difference = process.stdout.splitlines()
    assert abs(float(difference)) < 1e-3, lines
    assert (tmp_path / "run" / "tensorboard").is_dir()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_loss_of_unlabelled_frames_is_the_same(backend):
    pytest.importorskip(backend)
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/training/unlabelled"]
    run = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]

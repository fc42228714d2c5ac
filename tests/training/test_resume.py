"""Killed or interrupted at any step and resumed, a run ends bit for bit as one that never stopped."""

import csv
import os
import random
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from seqseg.config import dump_experiment
from seqseg.evaluation.class_scorer import ClassScorer
from seqseg.models import load_model
from seqseg.training.fit import train
from seqseg.training.optimizing.learner import Learner

# Trains with the real thing, and is killed from inside as by `kill -9`, after `steps` steps.
KILLED = """
import os, signal, sys
from seqseg.config import load_experiment
from seqseg.training import loop
from seqseg.training.fit import train
from seqseg.training.optimizing.learner import Learner

config, run, steps, save_seconds = sys.argv[1:]
loop.SAVE_SECONDS = float(save_seconds)
taken, step = [], Learner.train_on_batch

def train_on_batch(self, *batch, **options):
    if len(taken) == int(steps):
        os.kill(os.getpid(), signal.SIGKILL)
    taken.append(1)
    return step(self, *batch, **options)

Learner.train_on_batch = train_on_batch
train(load_experiment(config), run)
"""
TRAINED = """
import sys
from seqseg.config import load_experiment
from seqseg.training.fit import train

config, run, resume = sys.argv[1:]
train(load_experiment(config), run, resume=bool(resume))
"""
STEPS = 12  # of a tiny run, 4 an epoch


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, tiny):
    """The folder of a run that nothing happened to, with carried state or without."""
    made = {}

    def folder(carry):
        if carry not in made:
            path = tmp_path_factory.mktemp("uninterrupted") / "run"
            made[carry] = train(tiny(training__carry_state=carry), path).run
        return made[carry]

    return folder


def kill_after(steps, experiment, run, *, backend, save_seconds):
    config = run.parent / "config.toml"
    config.write_text(dump_experiment(experiment))
    command = [sys.executable, "-c", KILLED, config, run, str(steps), str(save_seconds)]
    process = subprocess.run(command, env=environment(backend), capture_output=True, text=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr


def environment(backend):
    return os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def assert_equal_runs(ours, expected):
    with np.load(ours / "state.npz") as mine, np.load(expected / "state.npz") as theirs:
        assert mine.files == theirs.files
        for name in mine.files:
            if name != "progress":
                np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)
    for which in ("best", "last"):
        mine, theirs = (load_model(run / f"{which}.keras").variables for run in (ours, expected))
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))
    assert rows(ours) == rows(expected)


def rows(run):
    with (run / "metrics.csv").open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    "save_seconds",
    [pytest.param(300, id="saved at the ends of epochs"), pytest.param(0, id="at every step", marks=pytest.mark.slow)],
)
def test_a_run_killed_at_a_random_step_ends_the_same(tmp_path, tiny, uninterrupted, quiet, save_seconds):
    steps = random.SystemRandom().randrange(1, STEPS)
    print(f"killed after step {steps} of {STEPS}")  # shown when it fails
    kill_after(steps, tiny(), tmp_path / "run", backend=keras.backend.backend(), save_seconds=save_seconds)
    train(tiny(), tmp_path / "run", resume=True, stream=quiet)
    assert_equal_runs(tmp_path / "run", uninterrupted(False))


def test_a_run_that_averages_its_weights_goes_on_with_the_average(tmp_path, tiny, quiet, monkeypatch):
    experiment = tiny(training__ema=0.8)
    whole = train(experiment, tmp_path / "whole", stream=quiet).run
    interrupt_in(monkeypatch, Learner, "train_on_batch", call=6)
    with pytest.raises(KeyboardInterrupt):
        train(experiment, tmp_path / "run", stream=quiet)
    train(experiment, tmp_path / "run", resume=True, stream=quiet)
    assert_equal_runs(tmp_path / "run", whole)


def test_a_run_interrupted_in_an_epoch_and_again_while_validating_ends_the_same(
    tmp_path, tiny, uninterrupted, quiet, monkeypatch
):
    interrupt_in(monkeypatch, Learner, "train_on_batch", call=6)
    with pytest.raises(KeyboardInterrupt, match="epoch 2, after step 2 of 4; everything is saved.*--resume"):
        train(tiny(), tmp_path / "run", stream=quiet)
    interrupt_in(monkeypatch, ClassScorer, "predict_on_batch", call=2)
    with pytest.raises(KeyboardInterrupt, match="epoch 2, after step 4 of 4"):
        train(tiny(), tmp_path / "run", resume=True, stream=quiet)
    assert "resuming in epoch 2, after step 2 of 4" in quiet.getvalue()
    train(tiny(), tmp_path / "run", resume=True, stream=quiet)
    assert_equal_runs(tmp_path / "run", uninterrupted(False))


def test_a_run_that_carries_its_state_resumes_with_it(tmp_path, tiny, uninterrupted, quiet, monkeypatch):
    experiment = tiny(training__carry_state=True)
    interrupt_in(monkeypatch, Learner, "train_on_batch", call=6)
    with pytest.raises(KeyboardInterrupt):
        train(experiment, tmp_path / "run", stream=quiet)
    train(experiment, tmp_path / "run", resume=True, stream=quiet)
    assert_equal_runs(tmp_path / "run", uninterrupted(True))


def test_a_run_that_a_teacher_s_average_comes_out_of_resumes_exactly(tmp_path, tiny, quiet, monkeypatch):
    experiment = tiny(
        model__name="simple", training__unlabelled="mean_teacher", training__epochs=2, training__steps_per_epoch=3
    )
    assert_resumes_exactly(experiment, tmp_path, quiet, monkeypatch, call=5)


@pytest.mark.slow
def test_a_run_of_two_paces_and_l2_resumes_exactly(tmp_path, tiny, quiet, monkeypatch):
    experiment = tiny(training__encoder_rate=0.1, training__l2=1e-4)
    assert_resumes_exactly(experiment, tmp_path, quiet, monkeypatch, call=6)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_run_killed_on_another_backend_ends_the_same(tmp_path, tiny, backend):
    pytest.importorskip(backend)
    kill_after(7, tiny(), tmp_path / "killed", backend=backend, save_seconds=300)
    for run, resume in (("killed", "resume"), ("whole", "")):
        command = [sys.executable, "-c", TRAINED, tmp_path / "config.toml", tmp_path / run, resume]
        subprocess.run(command, env=environment(backend), check=True)
    assert_equal_runs(tmp_path / "killed", tmp_path / "whole")


def assert_resumes_exactly(experiment, folder, quiet, monkeypatch, *, call):
    """Interrupted in its so many-th step and resumed, it ends as an uninterrupted one."""
    train(experiment, folder / "whole", stream=quiet)
    interrupt_in(monkeypatch, Learner, "train_on_batch", call=call)
    with pytest.raises(KeyboardInterrupt):
        train(experiment, folder / "run", stream=quiet)
    train(experiment, folder / "run", resume=True, stream=quiet)
    assert_equal_runs(folder / "run", folder / "whole")


def interrupt_in(monkeypatch, owner, method, *, call):
    """Send ourselves a real Ctrl-C in the `call`-th call of a method."""
    calls, original = [], getattr(owner, method)

    def interrupted(self, *arguments, **options):
        calls.append(1)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, *arguments, **options)

    monkeypatch.setattr(owner, method, interrupted)

"""Two devices of one machine, and two processes over loopback, against one device: on JAX, each in its own process."""

import json
import os
import subprocess
import sys

import pytest

from seqseg.config import dump_experiment

SCRIPT = """
import dataclasses, io, json, sys
import keras
import numpy as np
from seqseg.config import load_experiment
from seqseg.errors import ConfigError
from seqseg.training.devices.team import Hosts
from seqseg.training.fit import train
from seqseg.training.run.folder import RunFolder

def state_of(folder):
    with np.load(RunFolder(folder).state) as arrays:
        return {name: arrays[name] for name in arrays if name != "progress"}

def apart(first, second):
    first, second = state_of(first), state_of(second)
    assert first.keys() == second.keys()
    return max(float(np.abs(first[name].astype("f8") - second[name]).max()) for name in first if first[name].size)

experiment, folder = load_experiment(sys.argv[1]), sys.argv[2]

class KilledAfterTheFirstEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt

def run(name, devices=None, experiment=experiment, **options):
    result = train(experiment, f"{folder}/{name}", devices=devices, stream=io.StringIO(), **options)
    return result.best_score
"""
ONE_MACHINE = """
print(json.dumps(scores := [run("one"), run("two", "all")]))
for name, first, then in (("across", 2, None), ("back", None, 2)):
    try:
        run(name, first, callbacks=[KilledAfterTheFirstEpoch()])
    except KeyboardInterrupt:
        run(name, then, resume=True)
print(json.dumps([apart(f"{folder}/one", f"{folder}/{other}") for other in ("two", "across", "back")]))
for wanted, batch in ((3, 6), ("x", 4), (2, 3)):
    odd = dataclasses.replace(experiment, training=dataclasses.replace(experiment.training, batch=batch))
    try:
        run("refused", wanted, odd)
    except ConfigError as error:
        print(error)
"""
TWO_PROCESSES = """
import hashlib
rank, address = int(sys.argv[3]), sys.argv[4]
from seqseg.training.devices.copied import copy_of
from seqseg.training import fit
hosts = Hosts(address, rank, 2)
hashes = []
save = fit.Loop._save
def saved(self):
    save(self)
    digest = hashlib.sha256()
    for name, array in sorted(state_of(self.folder.path).items()):
        digest.update(array.tobytes())
    hashes.append(digest.hexdigest())
fit.Loop._save = saved
score = run("hosts", hosts=hosts)
print(json.dumps([rank, score, hashes]))
"""


@pytest.fixture
def start(tmp_path, tiny):
    """start(script, *arguments, devices=1) -> a process with the tiny experiment: 2 epochs of 3 steps of 4 clips."""
    experiment = tiny(training__batch=4, training__epochs=2, training__steps_per_epoch=3)
    (tmp_path / "config.toml").write_text(dump_experiment(experiment))

    def begin(script, *arguments, devices=1):
        environment = os.environ | {
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        command = [sys.executable, "-c", SCRIPT + script, tmp_path / "config.toml", tmp_path, *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )

    return begin


def ended(process):
    printed, complaint = process.communicate(timeout=500)
    assert process.returncode == 0, complaint
    return printed.splitlines()


@pytest.mark.slow
def test_two_devices_give_the_weights_of_one_also_after_a_resume_with_another_number(start):
    pytest.importorskip("jax")
    scores, differences, *refusals = ended(start(ONE_MACHINE, devices=2))
    first, second = json.loads(scores)
    assert abs(first - second) <= 1e-4
    assert max(json.loads(differences)) <= 1e-5
    assert refusals == [
        "--devices 3, but there are 2: cpu:0, cpu:1",
        '--devices must be a number from 1, or all, got "x"',
        "training.batch is 3, which 2 devices cannot share; use a multiple of 2",
    ]


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one_and_agree_after_every_epoch(start, tmp_path, free_port):
    pytest.importorskip("jax")
    address = f"127.0.0.1:{free_port}"
    processes = [start(TWO_PROCESSES, str(rank), address) for rank in range(2)]
    (first, score, hashes), (second, other, others) = (json.loads(ended(process)[-1]) for process in processes)
    assert (first, second) == (0, 1) and hashes == others and len(hashes) == 2 and score == other
    (difference,) = ended(start('run("one"); print(apart(f"{folder}/one", f"{folder}/hosts"))'))
    assert float(difference) <= 1e-5
    assert not list(tmp_path.glob("**/seqseg-rank-*"))

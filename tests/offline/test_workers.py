"""Workers of a few lines, without Keras: they answer, die and are started again."""

import os
import sys

import pytest

from seqseg.errors import ConfigError
from seqseg.offline.jobs import Job
from seqseg.offline.workers import Workers, environment_of_worker

WORKER = """
import os, signal, sys
from pathlib import Path
from seqseg.offline.perform import Outcome
from seqseg.offline.workers import serve

marks = Path(sys.stdin.readline().strip())

def perform(job, watch):
    watch(3)
    with open(marks / job.name, "a") as file:
        file.write(f"{os.getpid()}\\n")
    times = len((marks / job.name).read_text().split())
    if job.name == "poison" or (job.name == "once" and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(job.name, job.path, "done", 7)

serve(perform, sys.stdin, sys.stdout)
"""


@pytest.fixture
def run(tmp_path):
    def run(*names, count=2):
        seen, lost = [], []
        command = [sys.executable, "-c", WORKER]
        given = str(tmp_path)
        with Workers(
            command, count, given=given, see=lambda *one: seen.append(one), lost=lambda *one: lost.append(one)
        ) as workers:
            outcomes = {outcome.name: outcome for outcome in workers.run(Job(name, f"{name}.mp4") for name in names)}
        return outcomes, seen, lost

    return run


def test_every_source_is_done_once_and_its_frames_are_seen(run, tmp_path):
    outcomes, seen, lost = run(*"abcdefg")
    assert sorted(outcomes) == list("abcdefg") and {outcome.frames for outcome in outcomes.values()} == {7}
    assert sorted(seen) == [(name, 3) for name in "abcdefg"] and lost == []
    assert all(len((tmp_path / name).read_text().split()) == 1 for name in "abcdefg")
    assert len({(tmp_path / name).read_text() for name in "abcdefg"}) <= 2


def test_a_worker_that_is_killed_is_started_again_with_its_source(run, tmp_path):
    outcomes, _, lost = run("a", "once", "b", "c")
    assert {outcome.status for outcome in outcomes.values()} == {"done"} and lost == [("once", -9)]
    assert len((tmp_path / "once").read_text().split()) == 2


def test_a_source_that_kills_every_worker_fails_and_the_others_go_on(run):
    outcomes, _, _ = run("a", "poison", "b", count=1)
    assert outcomes["poison"].error == "its worker died 2 times with it (signal 9)"
    assert outcomes["a"].status == outcomes["b"].status == "done"


def test_workers_that_are_none_are_refused():
    with pytest.raises(ConfigError, match="--workers must be at least 1"):
        Workers(["true"], 0, given="", see=print)


def test_the_processors_are_shared_out_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    processors = len(os.sched_getaffinity(0))
    environment = environment_of_worker(processors)
    assert environment["OMP_NUM_THREADS"] == "1" and environment["TF_NUM_INTRAOP_THREADS"] == "7"

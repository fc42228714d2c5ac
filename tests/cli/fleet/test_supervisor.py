"""Workers of a few lines, without Keras: they record their orders, and die when ordered to."""

import json
import os
import signal
import sys
import time

import pytest

from seqseg.cli.fleet.cameras import Camera
from seqseg.cli.fleet.supervisor import Supervisor

WORKER = """
import json, os, sys
name = sys.stdin.readline().strip()
cameras = {}
def tell():
    streams = {camera: {"status": "running", "frames": os.getpid(), "dropped": {}} for camera in cameras}
    print(json.dumps({"streams": streams, "memory": 1}), flush=True)
tell()
for line in sys.stdin:
    order = json.loads(line)
    if "attach" in order:
        cameras[order["attach"]["name"]] = order["attach"]
    else:
        cameras.pop(order["detach"])
    tell()
"""
CAMERAS = [Camera(name, f"rtsp://{name}", "voc") for name in ("a", "b", "c")] + [Camera("d", "rtsp://d", "moving")]


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(said):
    with Supervisor(
        [sys.executable, "-c", WORKER], lambda group, name: name, per_group=2, environment=os.environ, say=said.append
    ) as supervisor:
        yield supervisor


def running(supervisor):
    """{camera: (worker, process)} of those that run."""
    return {
        name: (worker.name, stream["frames"])
        for worker in supervisor.health()
        for name, stream in worker.streams.items()
    }


def until(supervisor, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        supervisor.watch(0.2)


def test_cameras_of_one_model_are_shared_out_among_its_workers(supervisor):
    supervisor.set_cameras(CAMERAS)
    until(supervisor, lambda: running(supervisor).keys() == set("abcd"))
    where = {name: worker for name, (worker, _) in running(supervisor).items()}
    assert len({where[name] for name in "abc"}) == 2 and where["d"] not in {where[name] for name in "abc"}


def test_a_worker_that_is_killed_comes_back_with_its_cameras_and_the_others_stay(supervisor, said):
    supervisor.set_cameras(CAMERAS)
    until(supervisor, lambda: running(supervisor).keys() == set("abcd"))
    before = running(supervisor)
    os.kill(before["a"][1], signal.SIGKILL)
    until(supervisor, lambda: running(supervisor).get("a", before["a"])[1] != before["a"][1])
    until(supervisor, lambda: running(supervisor).keys() == set("abcd"))
    after = running(supervisor)
    assert after["a"][0] == before["a"][0]
    assert {name for name in "abcd" if after[name] == before[name]} == {
        name for name in "abcd" if before[name][0] != before["a"][0]
    }
    assert "died (signal 9) with a" in said[0] and sum(worker.restarts for worker in supervisor.health()) == 1


def test_a_camera_is_attached_and_detached_while_the_others_go_on(supervisor):
    supervisor.set_cameras(CAMERAS[:2])
    until(supervisor, lambda: running(supervisor).keys() == set("ab"))
    before = running(supervisor)
    supervisor.set_cameras([CAMERAS[0], CAMERAS[2]])
    until(supervisor, lambda: running(supervisor).keys() == set("ac"))
    assert running(supervisor)["a"] == before["a"]


def test_a_camera_that_changed_is_attached_again_as_it_is_now(supervisor):
    supervisor.set_cameras(CAMERAS[:1])
    until(supervisor, lambda: running(supervisor).keys() == {"a"})
    supervisor.set_cameras([Camera("a", "rtsp://elsewhere", "voc")])
    until(supervisor, lambda: running(supervisor).keys() == {"a"})
    assert json.loads(json.dumps(running(supervisor)))  # plain data, for the port

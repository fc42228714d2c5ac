"""Clients that leave leave nothing behind."""

import gc
import json
import threading
import weakref
from contextlib import ExitStack
from pathlib import Path

import pytest

from streams.journal import Journal
from tests.streams.web.asking import jpeg_message, look
from tests.streams.web.conftest import SOON, picture, serving

THE_OTHER_STREAM = [1, 1, 0, 1, 0, 1, 1, 1]  # in the order of `what_is_kept`
MESSAGE = jpeg_message(picture())


def come_and_leave(served):
    """A browser's camera sends a picture and goes; gives a weak reference to its stream."""
    with look(served, "/api/camera") as camera:
        number = json.loads(camera.recv(SOON))["stream"]
        camera.send(MESSAGE)
        assert json.loads(camera.recv(SOON)) == {"type": "taken"}
        stream = weakref.ref(served.page.stream(number))
    served.settle(lambda: gone(served, number))
    return stream


def gone(served, number):
    stream = served.page.stream(number)
    return stream is None or stream.closed


def what_is_kept(served, journal):
    page, engine, hub = served.page, served.engine, served.page.hub
    page.facts()  # as a viewer's page asks for four times a second
    (viewer,) = hub._viewers
    kept = (
        hub._latest,
        hub._newest,
        hub._steadiness,
        viewer._waiting,
        viewer._credits,
        journal._dropped,
        journal._sizes,
    )
    return [len(engine.streams), *map(len, kept)]


def own_threads():
    """Without the pools of asyncio and anyio, which keep a few."""
    pools = ("asyncio_", "AnyIO")
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith(pools))


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists a process's descriptors")
def test_a_hundred_cameras_that_come_and_leave_leave_nothing_behind(tmp_path):
    with ExitStack() as stack:
        journal = stack.enter_context(Journal(tmp_path / "run.jsonl"))
        served = stack.enter_context(serving(journal=journal))
        stack.enter_context(look(served))  # somebody looks on, and draws nothing
        served.settle(lambda: served.page.hub.viewers == 1)
        served.feed()
        for _ in range(5):
            come_and_leave(served)
        served.settle(lambda: what_is_kept(served, journal) == THE_OTHER_STREAM)
        threads, files = own_threads(), descriptors()
        streams = [come_and_leave(served) for _ in range(100)]
        served.settle(lambda: what_is_kept(served, journal) == THE_OTHER_STREAM)
        served.settle(lambda: own_threads() == threads and descriptors() <= files)
        served.feed()  # what the engine's thread still has in hand is let go with its next batch
        gc.collect()
        assert sum(stream() is not None for stream in streams) <= 1
        report = served.engine.report()
        assert report["forgotten"]["streams"] == 105 and len(report["streams"]) == 1

"""A page of a real server on a free port of this machine, over an engine with a step that anyone can follow."""

import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from streams.engine.engine import Engine
from streams.sources.push import PushSource

pytest.importorskip("starlette", reason="the live page needs seqseg[live]")

from streams.web import Looks, Page  # noqa: E402

LOOKS = Looks(("dark", "bright"), np.uint8([[0, 0, 0], [250, 190, 40]]))
SOON = 20


def count_up(images, states):
    """Bright pixels are class 1; the state counts frames."""
    return [(image[..., 1] > 127).astype(np.uint8) for image in images], [(state or 0) + 1 for state in states]


def picture(level=200, size=(45, 61)):
    """Left half dark, right half of this level."""
    image = np.full((*size, 3), 20, np.uint8)
    image[:, size[1] // 2 :] = level
    return image


class Served:
    """A running page with one stream that the test feeds, `source`, called "pushed"."""

    def __init__(self, *, journal=None, **options):
        self.shown = threading.Condition()
        self.frames = {}
        self.engine = Engine(count_up, on_frame=self._on_frame, journal=journal)
        self.page = Page(self.engine, LOOKS, port=0, **options)
        self.source = PushSource("pushed")

    def feed(self, image=None):
        """One more picture, and wait until it has its mask."""
        with self.shown:
            before = self.frames.get("pushed", 0)
        self.source.push(picture() if image is None else image)
        self.wait_for(lambda: self.frames.get("pushed", 0) > before)

    def wait_for(self, fact):
        with self.shown:
            assert self.shown.wait_for(fact, SOON)

    def settle(self, fact):
        """Waits for what other threads are about to finish."""
        deadline = time.monotonic() + SOON
        while not fact():
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def _on_frame(self, stream, frame, mask):
        self.page.show(stream, frame, mask)
        with self.shown:
            self.frames[stream.name] = self.frames.get(stream.name, 0) + 1
            self.shown.notify_all()


@contextmanager
def serving(**options):
    served = Served(**options)
    runs = threading.Thread(target=served.engine.run, kwargs={"stay": True}, daemon=True)
    with served.page:
        served.stream = served.page.attach_source(served.source)
        runs.start()
        try:
            yield served
        finally:
            served.engine.stop()
            runs.join(SOON)
    assert not runs.is_alive()


@pytest.fixture
def served():
    with serving() as page:
        yield page

"""A culprit that raises or hangs at one place, alone or among others, run to its end; it writes a real file."""

import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import Background, Engine, Frame, MaskMovieSink, MemorySink, Prefetch
from streams.sources import MovieSource
from streams.sources.source import Source

SOON = 5  # seconds within which everything has to be over, whatever hangs


LONG = 15  # seconds after which a test gives up what it waits for


FRAMES, FAULTY = 9, 4


PICTURE = np.zeros((5, 7, 3), np.uint8)


def until(condition):
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Fault:
    """At the nth call of one place it raises what it was given, or hangs until it is released."""

    def __init__(self, place, error=None, *, at=0):
        self.place, self.error, self.at, self.calls = place, error, at, 0
        self.inside, self.released = threading.Event(), threading.Event()

    def __call__(self, place):
        if place != self.place:
            return
        self.calls += 1
        if self.calls == self.at + 1:
            self.inside.set()
            if self.error is not None:
                raise self.error
            assert self.released.wait(LONG)


class Given(Source):
    """A source of 9 frames; one that hangs does not listen to `stop` either."""

    def __init__(self, fault=lambda place: None, name="culprit"):
        super().__init__(name)
        self.fault, self.given = fault, 0

    def open(self):
        self.fault("source.open")

    def frames(self):
        for index in range(FRAMES):
            self.fault("source.read")
            self.given += 1
            yield Frame(PICTURE, Fraction(index), index, self.name)

    def close(self):
        self.fault("source.close")


class Kept(MaskMovieSink):
    """A file, with a fault in front of it."""

    def __init__(self, path, fault):
        super().__init__(path)
        self.fault = fault

    def open(self):
        self.fault("sink.open")
        super().open()

    def write(self, frame, mask):
        self.fault("sink.write")
        super().write(frame, mask)

    def close(self, error=None):
        try:
            self.fault("sink.close")
        finally:
            super().close(error)


class Trial:
    """A culprit, alone or among others, run to its end."""

    def __init__(self, folder, fault, count, *, patience=0.5, sink_patience=None, depth=8):
        self.fault, self.path, self.error = fault, folder / "culprit.mkv", None
        self.patience, self.depth, self.sources = patience, depth, []
        self.engine = Engine(self.step, patience=patience, stuck=patience)
        sink = Background(Kept(self.path, fault), patience=sink_patience or patience)
        self.culprit = self._attach(Given(fault), sink, "culprit")
        self.others = [MemorySink() for _ in range(count - 1)]
        for number, sink in enumerate(self.others):
            self._attach(Given(name=f"other {number}"), sink, f"other {number}")

    def _attach(self, source, sink, name):
        self.sources.append(source)
        return self.engine.attach(Prefetch(source, self.depth, patience=0.6 * self.patience), sink, name=name)

    def step(self, images, states):
        if all(stream.status != "starting" for stream in self.engine.streams):
            self.fault("step")
        return [image[..., 0] for image in images], states

    def run(self, *, stop_when_stuck=False):
        begin = time.monotonic()
        try:
            self.engine.run(until=self._stuck if stop_when_stuck else None)
        except BaseException as error:
            self.error = error
        self.seconds = time.monotonic() - begin
        self.written = frames_in(self.path)  # while what hangs still does
        self.fault.released.set()
        return self

    def _stuck(self):
        return self.fault.inside.is_set() and not self.culprit.source.ready and self.others_are_whole

    @property
    def others_are_whole(self):
        return all(len(sink.masks) == FRAMES for sink in self.others)


def frames_in(path):
    """How many frames the file, or the part that is left of it, plays."""
    part = path.with_name("culprit.part.mkv")
    if not path.exists() and not part.exists():
        return 0
    with MovieSource(path if path.exists() else part) as movie:
        return len(list(movie))


one_or_three = pytest.mark.parametrize("count", [1, 3])

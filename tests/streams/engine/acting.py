"""Sources, sinks and a thread under a test's control, for engines."""

import threading
import time
from fractions import Fraction

import numpy as np

from streams import Frame, MemorySink
from streams.sources.source import Source

SOON = 5  # seconds within which a run has to be over, whatever hangs


LONG = 30  # seconds after which a test gives up what it waits for


def until(condition):
    """Waits for something that a thread is about to do."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def clip(count, size=(5, 7)):
    return np.zeros((count, *size, 3), np.uint8)


def counting(images, states):
    """Masks that count the frames since the state was fresh."""
    counts = [0 if state is None else state for state in states]
    masks = [np.full(image.shape[:2], count, np.uint8) for image, count in zip(images, counts, strict=True)]
    return masks, [count + 1 for count in counts]


def counts(sink):
    return [int(mask[0, 0]) for mask in sink.masks]


class Fed(Source):
    """A source that gives what it is fed: numbers are frames, exceptions are raised, None ends it."""

    def __init__(self, name="fed", *, live=False, size=(5, 7)):
        super().__init__(name)
        self.live, self.picture, self.closed, self.index = live, np.zeros((*size, 3), np.uint8), False, 0
        self._entries, self._changed = [], threading.Condition()

    def feed(self, *entries):
        with self._changed:
            self._entries += entries
            self._changed.notify_all()

    def open(self):
        pass

    def stop(self):
        super().stop()
        self.feed(None)

    def frames(self):
        while True:
            with self._changed:
                while not self._entries:
                    self._changed.wait()
                entry = self._entries.pop(0)
            if entry is None:
                return
            if isinstance(entry, BaseException):
                raise entry
            yield Frame(self.picture, Fraction(self.index), self.index, self.name, epoch=entry)
            self.index += 1

    def close(self):
        self.closed = True


class Seen(MemorySink):
    """Lets a test wait for its nth mask."""

    def __init__(self):
        super().__init__()
        self._changed = threading.Condition()

    def write(self, frame, mask):
        with self._changed:
            super().write(frame, mask)
            self._changed.notify_all()

    def wait_for(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.masks) >= count, LONG)


class Running:
    """An engine at work in a thread of its own, stopped at the end."""

    def __init__(self, engine, **options):
        self.engine, self.error = engine, None
        self._thread = threading.Thread(target=self._run, args=(options,), name="engine under test", daemon=True)

    def _run(self, options):
        try:
            self.engine.run(**options)
        except BaseException as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def wait(self):
        self._thread.join(LONG)
        assert not self._thread.is_alive()

    def __exit__(self, *error):
        self.engine.stop()
        self.wait()

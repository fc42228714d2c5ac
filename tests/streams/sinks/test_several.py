import numpy as np
import pytest

from streams import ArraySource, MemorySink, SinkError, Sinks, run
from streams.sinks.sink import Sink


class Refusing(Sink):
    """Cannot be opened."""

    def open(self):
        raise SinkError("no display")

    def write(self, frame, mask): ...
    def close(self, error=None): ...


class Closing(MemorySink):
    """Remembers that it was closed."""

    closed = False

    def close(self, error=None):
        self.closed = True


def zeros(image, state):
    return np.zeros(image.shape[:2], np.uint8), None


def test_every_sink_gets_every_frame():
    sinks = [MemorySink(), MemorySink()]
    run(ArraySource(np.zeros((4, 5, 7, 3), np.uint8)), zeros, Sinks(sinks))
    assert [len(sink.masks) for sink in sinks] == [4, 4]


def test_those_that_were_open_are_closed_when_another_cannot_be_opened():
    first = Closing()
    with pytest.raises(SinkError, match="no display"), Sinks([first, Refusing()]):
        pass
    assert first.closed

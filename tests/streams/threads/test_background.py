import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import Background, Frame, MemorySink, Meter, SinkError, Sinks
from streams.sinks.sink import Sink

PICTURE = np.zeros((5, 7, 3), np.uint8)
MASK = np.zeros((5, 7), np.uint8)
SOON = 10  # seconds within which everything here has to be over


class Faulty(Sink):
    """Fails at the nth write, or when closed."""

    def __init__(self, *, write=None, close=None):
        super().__init__()
        self.fails_at, self.fails_on_close, self.count, self.closed = write, close, 0, False

    def open(self):
        pass

    def write(self, frame, mask):
        if self.count == self.fails_at:
            raise SinkError("the disk is full")
        self.count += 1

    def close(self, error=None):
        self.closed = True
        if self.fails_on_close:
            raise SinkError("the index cannot be written")


def readers() -> int:
    return sum(thread.name.startswith(("read ", "write")) for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    yield
    assert readers() == 0


def written(sink, count=20):
    with sink:
        for index in range(count):
            sink.write(Frame(PICTURE, Fraction(index), index), MASK)


def test_all_that_was_given_is_written_in_order():
    inner = MemorySink()
    written(Background(inner, depth=3))
    assert [frame.index for frame in inner.frames] == list(range(20))


@pytest.mark.parametrize("fails_at", [0, 3, 19])
def test_an_error_while_writing_reaches_the_caller(fails_at):
    inner = Faulty(write=fails_at)
    with pytest.raises(SinkError, match="disk is full"):
        written(Background(inner, depth=2))
    assert inner.count == fails_at and inner.closed


def test_an_error_while_closing_reaches_the_caller():
    with pytest.raises(SinkError, match="index cannot be written"):
        written(Background(Faulty(close=True)))


def test_the_callers_own_error_is_kept_when_the_sink_fails_too():
    sink = Background(Faulty(write=0, close=True))
    with pytest.raises(ZeroDivisionError) as caught, sink:
        sink.write(Frame(PICTURE, Fraction(0), 0), MASK)
        raise ZeroDivisionError
    assert any("disk is full" in note for note in caught.value.__notes__)


def test_frames_given_before_an_error_of_the_caller_are_written():
    inner = MemorySink()
    with pytest.raises(ZeroDivisionError), Background(inner) as sink:
        for index in range(5):
            sink.write(Frame(PICTURE, Fraction(index), index), MASK)
        raise ZeroDivisionError
    assert len(inner.frames) == 5


def test_a_failing_sink_among_several_lets_the_others_be_closed():
    memory, faulty = MemorySink(), Faulty(write=2)
    with pytest.raises(SinkError, match="disk is full"):
        written(Background(Sinks([memory, faulty])))
    assert len(memory.frames) == 3 and faulty.closed


def test_a_writer_that_takes_nothing_is_given_up():
    stuck = threading.Event()

    class Stuck(MemorySink):
        def write(self, frame, mask):
            stuck.wait(SOON)

    with pytest.raises(SinkError, match="the sink hangs: it did not close for 0.2 s"):
        written(Background(Stuck(), patience=0.2), count=1)
    stuck.set()
    while readers():
        time.sleep(0.01)


class Gated(MemorySink):
    """Takes no frame before its gate opens."""

    def __init__(self):
        super().__init__()
        self.gate = threading.Event()

    def write(self, frame, mask):
        assert self.gate.wait(SOON)
        super().write(frame, mask)


def filled(sink, inner, count=20, *, live):
    """What reaches a sink that takes nothing until `count` frames have been given."""
    sink.expect(live=live)
    with sink:
        for index in range(count):
            sink.write(Frame(PICTURE, Fraction(index), index, captured=float(index)), MASK)
        inner.gate.set()
    return [frame.index for frame in inner.frames]


def test_a_live_source_does_not_wait_for_a_slow_file_and_what_is_missing_is_counted():
    inner = Gated()
    sink = Background(inner, seconds=5.0)
    kept = filled(sink, inner, live=True)
    assert kept[-6:] == [14, 15, 16, 17, 18, 19] and len(kept) + sink.left_out == 20
    assert sink.meter.report()["dropped"] == {"slow sink": sink.left_out}
    assert sink.warnings == [f"the sink was too slow for a live source: {sink.left_out} frames are missing in it"]


def test_what_waits_for_a_slow_file_is_bounded_in_bytes_too():
    inner = Gated()
    sink = Background(inner, seconds=1e9, megabytes=4 * (PICTURE.nbytes + MASK.nbytes) / 2**20)
    assert filled(sink, inner, live=True)[-4:] == [16, 17, 18, 19]
    assert sink.left_out in (15, 16)


def test_a_slow_screen_gets_the_newest_frame_and_no_one_waits():
    inner = Gated()
    sink = Background(inner, keep="newest")
    kept = filled(sink, inner, live=False)
    assert kept[-1] == 19 and len(kept) <= 2 and sink.skipped == 20 - len(kept)
    assert sink.meter.report()["dropped"] == {}


def test_a_run_that_reads_a_file_does_not_wait_for_ever_for_a_sink_that_hangs():
    inner = Gated()
    with (
        pytest.raises(SinkError, match=r"the sink hangs: it did not take a frame for 0.2 s"),
        Background(inner, depth=2, patience=0.2) as sink,
    ):
        for index in range(20):
            sink.write(Frame(PICTURE, Fraction(index), index), MASK)
    inner.gate.set()
    gone()


def test_after_ctrl_c_a_sink_that_hangs_is_given_up_soon():
    inner = Gated()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as caught, Background(inner, patience=0.3) as sink:
        sink.write(Frame(PICTURE, Fraction(0), 0), MASK)
        raise KeyboardInterrupt
    assert time.monotonic() - start < 5 and "did not close for 0.3 s" in caught.value.__notes__[0]
    inner.gate.set()
    gone()


def test_a_network_that_hangs_at_the_end_is_abandoned_with_a_warning():
    inner = Gated()
    with Background(inner, keep="newest", patience=0.2) as sink:
        sink.write(Frame(PICTURE, Fraction(0), 0), MASK)
    assert sink.warnings == ["the sink does not answer and was abandoned"]
    inner.gate.set()
    gone()


def test_a_sink_that_cannot_be_opened_says_so_to_who_opens_it():
    class Refusing(MemorySink):
        def open(self):
            raise SinkError("no room")

    with pytest.raises(SinkError, match="no room"), Background(Refusing()):
        pass


def test_a_sink_that_hangs_while_opening_is_given_up():
    gate = threading.Event()

    class Hanging(MemorySink):
        def open(self):
            gate.wait(SOON)

    with pytest.raises(SinkError, match="did not open for 0.2 s"), Background(Hanging(), patience=0.2):
        pass
    gate.set()
    gone()


def test_a_frame_counts_once_however_many_sinks_take_it():
    meter, inner = Meter(), Gated()
    sinks = Sinks([Background(MemorySink()), Background(inner), MemorySink()])
    sinks.measure(meter)
    with sinks:
        for index in range(5):
            sinks.write(Frame(PICTURE, Fraction(index), index), MASK)
        assert meter.frames == 0  # the slowest has done with none
        inner.gate.set()
    assert meter.frames == 5


def gone():
    """Waits until the threads that tests had left hanging have ended."""
    end = time.monotonic() + SOON
    while readers() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize("keep", ["oldest", ""])
def test_a_way_of_keeping_that_is_invalid_is_refused(keep):
    with pytest.raises(ValueError, match='keep must be "all" or "newest"'):
        Background(MemorySink(), keep=keep)

import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, Background, Frame, MemorySink, Meter, Prefetch, SinkError, Sinks, SourceError
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.prefetch import Ticker

PICTURE = np.zeros((5, 7, 3), np.uint8)
MASK = np.zeros((5, 7), np.uint8)
SOON = 10  # seconds within which everything here has to be over


class Scripted(Source):
    """Gives one frame for each number; an exception among them is raised, an Event waited for."""

    def __init__(self, script, *, live=False):
        super().__init__("scripted")
        self.script, self.live, self.closed = script, live, False

    def open(self):
        self.closed = False

    def frames(self):
        for index, entry in enumerate(self.script):
            if isinstance(entry, Exception):
                raise entry
            if isinstance(entry, threading.Event):
                entry.wait(SOON)
                continue
            yield Frame(PICTURE, Fraction(index), entry, "scripted")

    def close(self):
        self.closed = True


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


def test_frames_come_through_complete_and_in_order():
    with Prefetch(Scripted(range(50)), depth=3) as source:
        assert [frame.index for frame in source] == list(range(50))


def test_reading_runs_ahead_by_no_more_than_the_depth():
    started = []

    def pictures():
        for index in range(20):
            started.append(index)
            yield PICTURE

    with Prefetch(ArraySource(pictures()), depth=4) as source:
        next(iter(source))
        deadline = time.monotonic() + 1
        while len(started) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)
        assert len(started) == 6  # one delivered, four waiting, one in the reader's hand


def test_an_error_while_reading_comes_after_the_frames_before_it():
    seen = []
    with pytest.raises(SourceError, match="unplugged"), Prefetch(Scripted([0, 1, SourceError("unplugged")])) as source:
        for frame in source:
            seen.append(frame.index)
    assert seen == [0, 1]


def test_an_error_while_opening_comes_at_once(tmp_path):
    from streams.sources import MovieSource

    with pytest.raises(SourceError, match="does not exist"), Prefetch(MovieSource(tmp_path / "none.mp4")):
        pass


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_stopping_early_never_hangs(taken):
    inner = Scripted(range(1000))
    start = time.monotonic()
    with Prefetch(inner, depth=2) as source:
        for _, _ in zip(range(taken), source, strict=False):
            pass
    assert inner.closed and time.monotonic() - start < SOON / 2


def test_an_error_of_the_caller_ends_the_reader():
    inner = Scripted(range(1000))
    with pytest.raises(ZeroDivisionError), Prefetch(inner) as source:
        for _ in source:
            raise ZeroDivisionError
    assert inner.closed


def test_opening_reading_and_closing_happen_in_one_thread_that_is_not_the_callers():
    seen = []

    class Noted(Scripted):
        def open(self):
            seen.append(threading.get_ident())

        def frames(self):
            seen.append(threading.get_ident())
            yield from super().frames()

        def close(self):
            seen.append(threading.get_ident())

    with Prefetch(Noted(range(3))) as source:
        list(source)
    assert len(seen) == 3 and len(set(seen)) == 1 and seen[0] != threading.get_ident()


def test_an_error_while_closing_reaches_the_caller_at_the_end_of_the_frames():
    class Broken(Scripted):
        def close(self):
            raise SourceError("the device cannot be let go")

    with pytest.raises(SourceError, match="cannot be let go"), Prefetch(Broken([0, 1])) as source:
        list(source)


def test_a_stop_that_comes_before_the_source_is_open_is_not_forgotten():
    asked = threading.Event()

    class Endless(Scripted):
        def open(self):
            asked.wait(SOON)

        def frames(self):
            self._stopping.wait(SOON)
            return
            yield

    source = Prefetch(Endless([]))
    opener = threading.Thread(target=source.__enter__)
    opener.start()
    source.stop()
    asked.set()
    opener.join(SOON)
    start = time.monotonic()
    assert list(source) == [] and time.monotonic() - start < SOON / 2
    source.__exit__(None, None, None)


def test_a_prefetch_can_be_opened_again():
    source = Prefetch(Scripted(range(5)))
    for _ in range(2):
        with source:
            assert len(list(source)) == 5


def test_a_reader_that_hangs_in_a_dead_device_is_left_behind():
    dead = threading.Event()
    inner = Scripted([0, dead, 2])
    start = time.monotonic()
    with Prefetch(inner, patience=0.2) as source:
        next(iter(source))
    assert time.monotonic() - start < SOON / 2
    assert not inner.closed and "does not answer" in source.warnings[0]
    (reader,) = (thread for thread in threading.enumerate() if thread.name.startswith("read "))
    dead.set()
    reader.join(SOON)
    assert inner.closed  # by the one that read it, when the device had let it go


def burst(count, **options):
    """A live source whose frames all came before the first one was taken."""
    arrived = threading.Event()

    class Burst(Scripted):
        def frames(self):
            yield from super().frames()
            arrived.set()

    source = Prefetch(Burst(range(count), live=True), **options)
    return source, arrived


def taken_after(source, arrived, pause=0.0):
    with source:
        frames = iter(source)
        first = next(frames)
        arrived.wait(SOON)
        time.sleep(pause)
        return [first, *frames]


def test_a_full_mailbox_of_a_live_source_loses_its_oldest_frames():
    source, arrived = burst(20, depth=4)
    frames = taken_after(source, arrived)
    assert [frame.index for frame in frames][-4:] == [16, 17, 18, 19]
    assert source.dropped["overflow"] + len(frames) == 20
    assert sum(frame.gap for frame in frames) == source.dropped["overflow"]


def test_stale_frames_of_a_live_source_are_dropped_but_never_the_newest():
    source, arrived = burst(6, depth=8, staleness=0.1)
    frames = taken_after(source, arrived, pause=0.2)
    assert frames[-1].index == 5 and len(frames) + source.dropped["stale"] == 6
    assert frames[-1].gap == source.dropped["stale"] > 0


def test_fresh_takes_the_newest_frame_only():
    source, arrived = burst(6, depth=8, fresh=True)
    frames = taken_after(source, arrived)
    assert frames[-1].index == 5 and len(frames) <= 2
    assert source.dropped["superseded"] == 6 - len(frames)


def test_files_are_never_dropped_from():
    with Prefetch(Scripted(range(30)), depth=2, staleness=0.0, fresh=True) as source:
        frames = []
        for frame in source:
            time.sleep(0.002)
            frames.append(frame)
    assert [frame.index for frame in frames] == list(range(30)) and not source.dropped


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


def test_a_slow_screen_gets_the_newest_frame_and_nobody_waits():
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


def test_a_network_that_hangs_at_the_end_is_left_behind_with_a_warning():
    inner = Gated()
    with Background(inner, keep="newest", patience=0.2) as sink:
        sink.write(Frame(PICTURE, Fraction(0), 0), MASK)
    assert sink.warnings == ["the sink does not answer and was left behind"]
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
def test_a_way_of_keeping_that_is_none_is_refused(keep):
    with pytest.raises(ValueError, match='keep must be "all" or "newest"'):
        Background(MemorySink(), keep=keep)


@pytest.mark.parametrize("depth", [0, -1])
def test_a_depth_below_one_is_refused(depth):
    with pytest.raises(ValueError, match="depth must be at least 1"):
        Prefetch(Scripted([]), depth=depth)


def test_a_ticker_calls_again_and_again_until_it_is_closed():
    calls, enough = [], threading.Event()

    def work():
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            enough.set()

    ticker = Ticker(0.001, work)
    assert enough.wait(SOON)
    ticker.close()
    assert set(calls) == {"tick"} and not any(thread.name == "tick" for thread in threading.enumerate())


def test_what_a_ticker_could_not_do_is_raised_when_it_is_closed():
    tried = threading.Event()

    def fail():
        tried.set()
        raise SinkError("no terminal")

    ticker = Ticker(0.001, fail)
    assert tried.wait(SOON)
    with pytest.raises(SinkError, match="no terminal"):
        ticker.close()

import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, Frame, Prefetch, SourceError
from streams.sources.source import Source

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


def test_a_reader_that_hangs_in_a_dead_device_is_abandoned():
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


@pytest.mark.parametrize("depth", [0, -1])
def test_a_depth_below_one_is_refused(depth):
    with pytest.raises(ValueError, match="depth must be at least 1"):
        Prefetch(Scripted([]), depth=depth)

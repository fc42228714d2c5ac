"""Every stage, and what can go wrong with it: the run ends or goes on as promised, within seconds, and nothing is left.

One stream alone, through `run` and through an `Engine`, and one of several. The culprit writes a real file.
"""

import os
import signal
import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import Background, Engine, Frame, MaskMovieSink, MemorySink, Prefetch, SinkError, SourceError, run
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
    """At the nth call of one place it raises what it was given, or hangs until it is let go."""

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


def descriptors():
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    before, open_before = set(threading.enumerate()), descriptors()
    yield
    until(lambda: not set(threading.enumerate()) - before)
    until(lambda: descriptors() <= open_before)


one_or_three = pytest.mark.parametrize("count", [1, 3])


@one_or_three
@pytest.mark.parametrize("error", [SourceError("culprit: unplugged"), ZeroDivisionError("a bug")], ids=["error", "bug"])
@pytest.mark.parametrize(
    "place, at, kept", [("source.open", 0, 0), ("source.read", FAULTY, FAULTY), ("source.close", 0, FRAMES)]
)
def test_a_source_that_raises_ends_its_own_stream_with_its_frames_kept(tmp_path, place, at, kept, error, count):
    trial = Trial(tmp_path, Fault(place, error, at=at), count).run()
    assert trial.seconds < SOON and trial.error is None
    assert (trial.culprit.status, trial.culprit.error) == ("failed", error)
    assert trial.others_are_whole and trial.written == kept


@one_or_three
@pytest.mark.parametrize("place, at, kept", [("source.open", 0, 0), ("source.read", FAULTY, FAULTY)])
def test_a_source_that_hangs_holds_nobody_up_and_is_left_behind_when_the_run_is_stopped(
    tmp_path, place, at, kept, count
):
    trial = Trial(tmp_path, Fault(place, at=at), count).run(stop_when_stuck=True)
    told = [str(trial.culprit.error), *trial.culprit.warnings]
    assert trial.seconds < SOON and any("culprit" in text and "abandoned" in text for text in told)
    assert trial.others_are_whole and trial.written == kept


@one_or_three
def test_a_source_that_hangs_while_closing_is_left_behind_and_the_run_ends_by_itself(tmp_path, count):
    trial = Trial(tmp_path, Fault("source.close"), count).run()
    assert trial.seconds < SOON and trial.error is None
    assert "culprit does not answer and was abandoned" in trial.culprit.warnings[0]
    assert trial.others_are_whole and trial.written == FRAMES


@one_or_three
@pytest.mark.parametrize(
    "error", [SinkError("culprit: the disk is full"), ZeroDivisionError("a bug")], ids=["error", "bug"]
)
@pytest.mark.parametrize(
    "place, at, kept", [("sink.open", 0, 0), ("sink.write", FAULTY, FAULTY), ("sink.close", 0, FRAMES)]
)
def test_a_sink_that_raises_ends_its_own_stream_with_what_it_took_kept(tmp_path, place, at, kept, error, count):
    trial = Trial(tmp_path, Fault(place, error, at=at), count).run()
    assert trial.seconds < SOON and trial.error is None
    assert (trial.culprit.status, trial.culprit.error) == ("failed", error)
    assert trial.others_are_whole and trial.written == kept


@one_or_three
@pytest.mark.parametrize(
    "place, at, kept", [("sink.open", 0, 0), ("sink.write", FAULTY, FAULTY - 2), ("sink.close", 0, FRAMES - 1)]
)
def test_a_sink_that_hangs_is_given_up_and_named(tmp_path, place, at, kept, count):
    trial = Trial(tmp_path, Fault(place, at=at), count).run()
    assert trial.seconds < SOON and trial.error is None
    assert trial.culprit.status == "failed" and "culprit" in str(trial.culprit.error)
    assert trial.others_are_whole and trial.written >= kept


@one_or_three
def test_a_step_that_raises_ends_the_run_and_says_where(tmp_path, count):
    trial = Trial(tmp_path, Fault("step", ZeroDivisionError("a bug"), at=FAULTY), count).run()
    assert trial.seconds < SOON and isinstance(trial.error, ZeroDivisionError)
    assert "while segmenting frame" in trial.error.__notes__[0]
    assert trial.written == trial.culprit.frames


@one_or_three
@pytest.mark.parametrize("ending", ["stop", "interrupt"])
def test_a_step_that_hangs_is_left_behind_when_the_run_is_stopped(tmp_path, ending, count):
    trial = Trial(tmp_path, fault := Fault("step", at=FAULTY), count)
    stop = trial.engine.stop if ending == "stop" else lambda: os.kill(os.getpid(), signal.SIGINT)
    stopping = threading.Thread(target=lambda: fault.inside.wait(LONG) and stop())
    stopping.start()
    trial.run()
    stopping.join()
    assert trial.seconds < SOON
    assert isinstance(trial.error, KeyboardInterrupt) or "step has not returned" in str(trial.error)
    assert trial.written == trial.culprit.frames and sum(stream.frames for stream in trial.engine.streams) >= FAULTY


@pytest.mark.parametrize("place", ["source.open", "source.read", "sink.open", "sink.write", "sink.close"])
def test_a_run_of_several_goes_on_beside_what_hangs_and_ends_by_ctrl_c(tmp_path, place):
    trial = Trial(tmp_path, fault := Fault(place), count=3, sink_patience=LONG)

    def interrupt():
        fault.inside.wait(LONG)
        until(lambda: trial.others_are_whole)
        os.kill(os.getpid(), signal.SIGINT)

    stopping = threading.Thread(target=interrupt)
    stopping.start()
    trial.run()
    stopping.join()
    assert trial.seconds < SOON and isinstance(trial.error, KeyboardInterrupt)


def test_many_that_hang_are_left_behind_all_at_once():
    engine, faults = (
        Engine(lambda images, states: (images, states), patience=1.0),
        [Fault("source.open") for _ in range(8)],
    )
    streams = [engine.attach(Given(fault), MemorySink()) for fault in faults]
    begin = time.monotonic()
    engine.run(until=lambda: all(fault.inside.is_set() for fault in faults))
    assert time.monotonic() - begin < 2.5
    assert all("abandoned" in str(stream.error) for stream in streams)
    for fault in faults:
        fault.released.set()


@pytest.mark.parametrize(
    "place", ["source.open", "source.read", "source.close", "sink.open", "sink.write", "sink.close"]
)
def test_what_is_slow_delays_nobody_and_loses_nothing(tmp_path, place):
    trial = Trial(tmp_path, fault := Fault(place), count=3, patience=LONG)

    def let_go():
        fault.inside.wait(LONG)
        until(lambda: trial.others_are_whole)
        fault.released.set()

    releasing = threading.Thread(target=let_go)
    releasing.start()
    trial.run()
    releasing.join()
    assert trial.seconds < SOON and trial.error is None and trial.culprit.status == "ended"
    assert trial.others_are_whole and trial.written == FRAMES


def test_a_slow_step_loses_no_frame_of_a_file_and_reads_no_further_than_it_may(tmp_path):
    trial = Trial(tmp_path, fault := Fault("step"), count=3, depth=2)
    ahead = []

    def let_go():
        fault.inside.wait(LONG)
        until(lambda: all(source.given >= 3 for source in trial.sources))  # two wait, one is in the reader's hand
        ahead.extend(s.given - stream.frames for s, stream in zip(trial.sources, trial.engine.streams, strict=True))
        fault.released.set()

    releasing = threading.Thread(target=let_go)
    releasing.start()
    trial.run()
    releasing.join()
    assert trial.error is None and trial.others_are_whole and trial.written == FRAMES
    assert max(ahead) <= 4  # and one is at work


def test_a_loop_of_one_stream_ends_though_its_source_hangs_while_closing():
    fault, sink = Fault("source.close"), MemorySink()
    begin = time.monotonic()
    result = run(Prefetch(Given(fault), patience=0.3), lambda image, state: (image[..., 0], state), sink)
    assert time.monotonic() - begin < SOON and len(sink.masks) == FRAMES
    assert result.warnings == ("culprit does not answer and was abandoned; it is closed when it does",)
    fault.released.set()


def test_an_error_while_a_source_is_closed_reaches_who_read_it_to_its_end():
    with pytest.raises(SourceError, match="unplugged"):
        run(
            Prefetch(Given(Fault("source.close", SourceError("unplugged")))),
            lambda image, state: (image[..., 0], state),
            MemorySink(),
        )


def test_an_error_while_a_source_is_closed_does_not_hide_the_error_before_it():
    def broken(image, state):
        raise ZeroDivisionError("a bug")

    source = Prefetch(Given(Fault("source.close", SourceError("unplugged"))))
    with pytest.raises(ZeroDivisionError):
        run(source, broken, MemorySink())
    assert source.warnings == ["culprit could not be closed: unplugged"]

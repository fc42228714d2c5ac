"""Every stage, and what can go wrong with it: the run ends or goes on as promised, within seconds, and nothing is left.

One stream alone, through `run` and through an `Engine`, and one of several. The culprit writes a real file.
"""

import os
import signal
import threading
import time

import pytest

from streams import Engine, MemorySink, SinkError, SourceError
from tests.streams.faults.trial import FAULTY, FRAMES, LONG, SOON, Fault, Given, Trial, one_or_three, until


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
def test_a_source_that_hangs_holds_no_one_up_and_is_abandoned_when_the_run_is_stopped(tmp_path, place, at, kept, count):
    trial = Trial(tmp_path, Fault(place, at=at), count).run(stop_when_stuck=True)
    told = [str(trial.culprit.error), *trial.culprit.warnings]
    assert trial.seconds < SOON and any("culprit" in text and "abandoned" in text for text in told)
    assert trial.others_are_whole and trial.written == kept


@one_or_three
def test_a_source_that_hangs_while_closing_is_abandoned_and_the_run_ends_by_itself(tmp_path, count):
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
def test_a_step_that_hangs_is_abandoned_when_the_run_is_stopped(tmp_path, ending, count):
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

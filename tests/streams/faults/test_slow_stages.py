"""Stages that are slow or fail while closing, without an engine or beside it: nothing is lost, nothing is left."""

import threading
import time

import pytest

from streams import MemorySink, Prefetch, SourceError, run
from tests.streams.faults.trial import FRAMES, LONG, SOON, Fault, Given, Trial, until


@pytest.mark.parametrize(
    "place", ["source.open", "source.read", "source.close", "sink.open", "sink.write", "sink.close"]
)
def test_what_is_slow_delays_no_one_and_loses_nothing(tmp_path, place):
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

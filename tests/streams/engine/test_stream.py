"""A stream by itself, without its engine: opening, state, gaps, ends."""

import time
from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, Frame, Known, MemorySink, PushSource, SinkError, SourceError
from streams.engine.stream import Stream, check_picture
from streams.gaps import Continuity

SOON = 10
PICTURE = np.zeros((5, 7, 3), np.uint8)
MASK = np.zeros((5, 7), np.uint8)


def opened(source, sink=None, **options):
    """A stream that is running, or has failed to."""
    stream = Stream(1, "one", source, sink or MemorySink(), **options)
    until(stream, lambda: stream.status != "starting")
    return stream


def until(stream, fact):
    deadline = time.monotonic() + SOON
    while not fact():
        stream.settle(lambda: None)
        assert time.monotonic() < deadline
        time.sleep(0.001)


def taken(stream):
    until(stream, lambda: stream.ready or stream.done)
    return stream.take()


@pytest.fixture
def clip():
    return ArraySource(np.zeros((4, 5, 7, 3), np.uint8), fps=10)


def test_it_starts_runs_and_ends_with_its_source_and_sink_closed(clip):
    sink = MemorySink()
    stream = opened(clip, sink)
    assert stream.open and not stream.closed and stream.continuity.rate == 10
    while not stream.done:
        frame, change = taken(stream)
        stream.give(frame, MASK, {"h": np.float32(stream.frames)})
    stream.end(lambda: None)
    stream.wait_closed(SOON)
    assert (stream.status, stream.frames, len(sink.masks), stream.closed) == ("ended", 4, 4, True)
    assert stream.state == {"h": 3.0} and stream.last.index == 3


def test_a_source_that_cannot_be_opened_raises_where_it_is_settled(tmp_path):
    from streams import MovieSource

    stream = Stream(1, "one", MovieSource(tmp_path / "none.mp4"), MemorySink())
    with pytest.raises(SourceError, match="does not exist"):
        until(stream, lambda: stream.status != "starting")
    stream.end(lambda: None, SourceError("gone"))
    stream.wait_closed(SOON)
    assert stream.status == "failed" and str(stream.error) == "gone" and stream.closed


def test_a_reset_that_is_asked_for_makes_the_next_state_fresh(clip):
    stream = opened(clip)
    frame, _ = taken(stream)
    stream.give(frame, MASK, {"h": 1.0})
    stream.reset_asked = True
    _, change = taken(stream)
    assert (change.fresh, stream.state, stream.fresh_starts, stream.reset_asked) == ("asked", None, 1, False)
    stream.end(lambda: None)
    stream.wait_closed(SOON)


def test_a_missing_frame_fades_the_state():
    source = PushSource()
    stream = opened(source, continuity=Continuity("decay:0.5", rate=Fraction(10)))
    source.push(PICTURE, 0)
    frame, _ = taken(stream)
    stream.give(frame, MASK, {"h": np.float32(8)})
    source.push(PICTURE, Fraction(3, 10))  # two frames are missing
    _, change = taken(stream)
    assert (change.missing, stream.state["h"]) == (2, 2.0)
    stream.end(lambda: None)
    stream.wait_closed(SOON)


def test_frames_that_the_state_has_seen_are_passed_over_and_another_time_is_refused(clip):
    stream = opened(clip, after=Known(1, Fraction(1, 10)), state={"h": 1.0})
    assert stream.has_given_state
    assert taken(stream) is None and taken(stream) is None
    assert taken(stream)[0].index == 2
    stream.end(lambda: None)
    stream.wait_closed(SOON)
    other = opened(ArraySource(np.zeros((4, 5, 7, 3), np.uint8), fps=5), after=Known(1, Fraction(1, 10)))
    taken(other)
    with pytest.raises(SourceError, match="frame 1 is at 0.200 s, but the state was saved at 0.100 s"):
        taken(other)
    other.end(lambda: None)
    other.wait_closed(SOON)


def test_what_a_live_source_gives_while_paused_is_counted_as_a_gap_of_the_next_frame():
    source = PushSource(depth=8)
    stream = opened(source)
    stream.paused = True
    for number in range(3):
        source.push(PICTURE, number)
    until(stream, lambda: stream.source.ready)
    deadline = time.monotonic() + SOON
    while stream.dropped.get("paused") != 3:
        stream.pass_over()
        assert time.monotonic() < deadline
    stream.paused = False
    source.push(PICTURE, 3)
    frame, _ = taken(stream)
    assert (frame.gap, stream.status) == (3, "running")
    stream.end(lambda: None)
    stream.wait_closed(SOON)


def test_a_sink_that_fails_while_closing_fails_the_stream(clip):
    class Broken(MemorySink):
        def close(self, error=None):
            raise SinkError("the index cannot be written")

    stream = opened(clip, Broken())
    stream.end(lambda: None)
    stream.wait_closed(SOON)
    assert stream.status == "failed" and "index" in str(stream.error)
    assert stream.report()["error"] == "the index cannot be written"


@pytest.mark.parametrize(
    "image", [PICTURE.astype(np.float32), PICTURE[..., :2], PICTURE[..., 0], PICTURE[:0]], ids=lambda i: str(i.shape)
)
def test_a_picture_that_would_end_the_step_of_all_streams_is_refused(image):
    with pytest.raises(SourceError, match=r"must be an RGB array \(h, w, 3\) uint8"):
        check_picture(Frame(image, Fraction(0), 0))

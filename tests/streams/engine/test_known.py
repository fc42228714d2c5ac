"""A stream that goes on after the frame that its state has seen."""

from fractions import Fraction

from streams import ArraySource, Engine, Known, MemorySink
from streams.sources import MovieSource
from tests.streams.engine.acting import clip, counting, counts


def test_a_stream_goes_on_after_the_frame_that_its_state_has_seen(make_movie):
    path = make_movie("clip.mp4", range(20), gop=5)
    engine, whole, rest = Engine(counting), MemorySink(), MemorySink()
    engine.attach(MovieSource(path), whole, name="whole")
    with MovieSource(path) as source:
        frames = list(source)
    went_on = engine.attach(MovieSource(path), rest, name="rest", state=13, after=Known.of(frames[12]))
    engine.run()
    assert counts(rest) == counts(whole)[13:] == list(range(13, 20))
    assert [frame.index for frame in rest.frames] == list(range(13, 20))
    assert went_on.meter.report()["stages_ms"]["decode"]["count"] == 8  # the known one, and what follows


def test_a_source_that_cannot_jump_is_passed_over_up_to_the_known_frame():
    engine, rest = Engine(counting), MemorySink()
    engine.attach(ArraySource(clip(9), fps=10), rest, state=5, after=(4, Fraction(4, 10)))
    engine.run()
    assert counts(rest) == [5, 6, 7, 8]

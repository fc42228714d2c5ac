"""Which streams an engine takes, and what it reports of them."""

import time

import pytest

from streams import ArraySource, Engine, MemorySink, SinkError, StreamError
from streams.sinks import MaskMovieSink
from streams.sources import MovieSource
from tests.streams.engine.acting import clip, counting


def test_after_the_run_nothing_can_be_attached():
    engine = Engine(counting)
    engine.run()
    with pytest.raises(StreamError, match="has run"):
        engine.attach(ArraySource(clip(1)), MemorySink())


def test_two_streams_of_one_name_are_refused_and_a_source_twice_gets_a_number():
    engine = Engine(counting)
    engine.attach(ArraySource(clip(1)), MemorySink(), name="left")
    with pytest.raises(StreamError, match='"left" already'):
        engine.attach(ArraySource(clip(1)), MemorySink(), name="left")
    names = [engine.attach(ArraySource(clip(1)), MemorySink()).name for _ in range(3)]
    assert names == ["array", "array 2", "array 3"]


def test_two_streams_do_not_write_the_same_file(tmp_path):
    engine = Engine(counting)
    engine.attach(ArraySource(clip(1)), MaskMovieSink(tmp_path / "m.mkv"))
    with pytest.raises(SinkError, match="written by another stream"):
        engine.attach(ArraySource(clip(1)), MaskMovieSink(tmp_path / "m.mkv"))


def test_an_input_is_not_written_over(make_movie):
    path = make_movie("input.mkv")
    before = path.read_bytes()
    engine = Engine(counting)
    stream = engine.attach(MovieSource(path), MaskMovieSink(path))
    engine.run()
    assert "is what is being read" in str(stream.error) and path.read_bytes() == before


def test_the_report_has_a_part_for_each_stream_and_the_batches():
    engine = Engine(counting)
    engine.attach(ArraySource(clip(4)), MemorySink(), name="left")
    engine.attach(ArraySource(clip(2)), MemorySink(), name="right")
    report = engine.run()
    assert [(part["name"], part["frames"], part["status"]) for part in report["streams"]] == [
        ("left", 4, "ended"),
        ("right", 2, "ended"),
    ]
    assert report["stages_ms"]["infer"]["count"] == 6 and report["streams"][1]["state_age"]["frames"] == 2
    assert sum(int(size) * count for size, count in report["batches"]["sizes"].items()) == 6


def test_the_age_of_a_state_is_still_when_its_stream_has_ended():
    engine = Engine(counting)
    stream = engine.attach(ArraySource(clip(3)), MemorySink())
    engine.run()
    age = stream.state_age
    time.sleep(0.002)
    assert stream.state_age == age and age[0] == 3 and age[1] > 0


def test_frames_of_streams_that_were_forgotten_still_count():
    engine = Engine(counting)
    gone = engine.attach(ArraySource(clip(4)), MemorySink())
    engine.attach(ArraySource(clip(2)), MemorySink())
    engine.run()
    engine.forget(gone)
    report = engine.report()
    assert report["forgotten"] == {"streams": 1, "frames": 4} and report["frames"] == 2

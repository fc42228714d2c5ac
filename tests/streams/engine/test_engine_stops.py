"""Pausing and stopping an engine, and runs of a given length."""

import threading
import time

import pytest

from streams import ArraySource, Engine, MemorySink
from tests.streams.engine.acting import LONG, SOON, Fed, Running, Seen, clip, counting, counts, until


def test_a_pause_of_a_file_makes_it_wait():
    engine, source, sink = Engine(counting), Fed(), Seen()
    stream = engine.attach(source, sink)
    with Running(engine):
        source.feed(0)
        sink.wait_for(1)
        engine.pause(stream)
        source.feed(0, 0, None)
        assert stream.status == "paused"
        engine.resume(stream)
        sink.wait_for(3)
    assert counts(sink) == [0, 1, 2] and stream.dropped == {}


def test_what_a_live_source_gives_while_paused_is_dropped_and_counted():
    engine, source, sink = Engine(counting), Fed(live=True), Seen()
    stream = engine.attach(source, sink)
    with Running(engine):
        source.feed(0)
        sink.wait_for(1)
        engine.pause(stream)
        source.feed(0, 0, 0)
        until(lambda: stream.dropped.get("paused", 0) == 3)
        engine.resume(stream)
        source.feed(0, None)
        sink.wait_for(2)
    assert stream.dropped == {"paused": 3} and [frame.gap for frame in sink.frames] == [0, 3]
    assert counts(sink) == [0, 1]


def test_each_stream_ends_after_its_own_number_of_frames():
    engine, sinks = Engine(counting), [MemorySink(), MemorySink()]
    engine.attach(ArraySource(clip(50)), sinks[0], max_frames=4)
    engine.attach(ArraySource(clip(6)), sinks[1], name="other")
    engine.run()
    assert [len(sink.masks) for sink in sinks] == [4, 6]


@pytest.mark.parametrize("most", [1, 4, 6, 7])
def test_a_run_gives_exactly_as_many_frames_as_are_asked_for(most):
    sinks = [MemorySink() for _ in range(3)]
    engine = Engine(counting)
    for number, sink in enumerate(sinks):
        engine.attach(ArraySource(clip(50)), sink, name=str(number))
    assert engine.run(max_frames=most)["frames"] == most
    assert sum(len(sink.masks) for sink in sinks) == most


@pytest.mark.parametrize("when", ["before", "after"])
def test_stopping_is_legal_before_and_after_the_run(when):
    engine, sink = Engine(counting), MemorySink()
    engine.attach(ArraySource(clip(3)), sink)
    if when == "before":
        engine.stop()
    engine.run()
    engine.stop()
    assert len(sink.masks) == (0 if when == "before" else 3)


def test_a_run_ends_when_its_time_is_over_though_its_source_is_silent():
    engine, source = Engine(counting, patience=0.2), Fed()
    stream = engine.attach(source, MemorySink())
    source.feed(0)
    begin = time.monotonic()
    engine.run(seconds=0.2)
    assert time.monotonic() - begin < SOON and stream.frames == 1
    source.feed(None)


@pytest.mark.parametrize("status", ["starting", "running", "paused", "frozen"])
def test_stopping_ends_a_run_whatever_its_stream_is_doing(status, monkeypatch):
    monkeypatch.setattr("streams.engine.stream.SILENT", 0.0 if status == "frozen" else 60.0)
    opened = threading.Event()

    class Slow(Fed):
        def open(self):
            opened.wait(LONG)

    engine, source = Engine(counting, patience=0.1), Slow()
    if status != "starting":
        opened.set()
    stream = engine.attach(source, MemorySink())
    with Running(engine) as running:
        if status == "paused":
            engine.pause(stream)
        until(lambda: stream.status == status)
        engine.stop()
        running.wait()
    opened.set()
    source.feed(None)

"""Several streams in one batch, each with its own state."""

import threading

import numpy as np

from streams import ArraySource, Engine, MemorySink
from tests.streams.engine.acting import LONG, Fed, Running, Seen, clip, counting, counts, until


def test_every_stream_gets_every_frame_with_its_own_state():
    engine, sinks = Engine(counting), [MemorySink(), MemorySink(), MemorySink()]
    streams = [engine.attach(ArraySource(clip(3 + k, (5 + k, 7))), sink) for k, sink in enumerate(sinks)]
    report = engine.run()
    assert [counts(sink) for sink in sinks] == [[0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert report["frames"] == 12 and [stream.status for stream in streams] == ["ended"] * 3


def test_what_is_ready_goes_into_one_batch():
    sizes, inside, released = [], threading.Event(), threading.Event()

    def step(images, states):
        sizes.append(len(images))
        inside.set()
        released.wait(LONG)
        return counting(images, states)

    engine, gate, sources = Engine(step), Fed("gate"), [Fed("a"), Fed("b"), Fed("c")]
    sinks = [Seen() for _ in sources]
    engine.attach(gate, Seen())
    for source, sink in zip(sources, sinks, strict=True):
        engine.attach(source, sink)
    with Running(engine):
        until(lambda: {stream.status for stream in engine.streams} == {"running"})
        gate.feed(0, None)
        assert inside.wait(LONG)
        for source in sources:
            source.feed(0, None)
        until(lambda: all(stream.ready for stream in engine.streams[1:]))
        released.set()
        for sink in sinks:
            sink.wait_for(1)
    assert sizes == [1, 3]


def test_a_stream_is_attached_detached_and_reset_while_others_run():
    engine, first, second = Engine(counting), Seen(), Seen()
    left, right = Fed("left"), Fed("right")
    one = engine.attach(left, first)
    with Running(engine, stay=True):
        left.feed(0, 0)
        first.wait_for(2)
        two = engine.attach(right, second, state=40)
        right.feed(0, 0)
        second.wait_for(2)
        engine.reset(one)
        left.feed(0, 0)
        right.feed(0)
        first.wait_for(4)
        second.wait_for(3)
        engine.detach(two)
        right.feed(None)
        until(lambda: two.closed)
        left.feed(0, None)
        first.wait_for(5)
    assert counts(first) == [0, 1, 0, 1, 2] and counts(second)[:3] == [40, 41, 42]
    assert (two.status, right.closed, one.fresh_starts) == ("ended", True, 1)


def test_a_dead_source_freezes_its_own_slot_and_keeps_its_state(monkeypatch):
    monkeypatch.setattr("streams.engine.stream.SILENT", 0.0)
    engine, dead, alive, sinks = Engine(counting), Fed("dead"), Fed("alive"), [Seen(), Seen()]
    frozen = engine.attach(dead, sinks[0])
    engine.attach(alive, sinks[1])
    with Running(engine):
        dead.feed(0, 0)
        sinks[0].wait_for(2)
        alive.feed(*[0] * 20)
        sinks[1].wait_for(20)
        assert (frozen.status, frozen.state) == ("frozen", 2)
        dead.feed(0, None)
        alive.feed(None)
        sinks[0].wait_for(3)
    assert counts(sinks[0]) == [0, 1, 2] and counts(sinks[1]) == list(range(20))


def test_a_new_epoch_resets_its_own_row_only():
    engine, sources, sinks = Engine(counting), [Fed("a"), Fed("b")], [MemorySink(), MemorySink()]
    for source, sink in zip(sources, sinks, strict=True):
        engine.attach(source, sink)
    sources[0].feed(0, 0, 1, 1, None)
    sources[1].feed(0, 0, 0, 0, None)
    engine.run()
    assert [counts(sink) for sink in sinks] == [[0, 1, 0, 1], [0, 1, 2, 3]]


def test_a_gap_fades_the_state_by_the_factor():
    seen = []

    def step(images, states):
        seen.append(None if states[0] is None else float(states[0]["h"][0]))
        return [np.zeros(images[0].shape[:2], np.uint8)], [{"h": np.float32([8])}]

    class Gappy(ArraySource):
        def frames(self):
            for frame in super().frames():
                if frame.index not in (2, 3):
                    yield frame

    engine = Engine(step)
    engine.attach(Gappy(clip(5)), MemorySink(), on_gap="decay:0.5")
    engine.run()
    assert seen == [None, 8, 2]

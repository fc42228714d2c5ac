"""An engine whose sources, sinks, step or states fail or hang: the culprit ends, the others go on."""

import threading
import time

import numpy as np
import pytest

from streams import ArraySource, Background, Engine, MemorySink, SinkError, SourceError, StreamError
from streams.sinks import MaskMovieSink
from streams.sources import MovieSource
from tests.streams.engine.acting import LONG, SOON, Fed, Running, Seen, clip, counting, counts


def test_an_error_of_one_source_ends_its_stream_alone():
    engine, bad, sinks = Engine(counting), Fed("bad"), [MemorySink(), MemorySink()]
    failed = engine.attach(bad, sinks[0])
    engine.attach(ArraySource(clip(6)), sinks[1])
    bad.feed(0, 0, SourceError("unplugged"))
    engine.run()
    assert (failed.status, str(failed.error), counts(sinks[0])) == ("failed", "unplugged", [0, 1])
    assert counts(sinks[1]) == list(range(6))


def test_a_source_that_cannot_be_opened_ends_its_stream_alone(tmp_path):
    engine, sink = Engine(counting), MemorySink()
    missing = engine.attach(MovieSource(tmp_path / "none.mp4"), MemorySink())
    engine.attach(ArraySource(clip(4)), sink)
    engine.run()
    assert missing.status == "failed" and "does not exist" in str(missing.error) and len(sink.masks) == 4


def test_a_source_that_hangs_while_opening_holds_no_one_up():
    released = threading.Event()

    class Hanging(Fed):
        def open(self):
            released.wait(LONG)

    engine, sink = Engine(counting, patience=0.1), Seen()
    hanging = engine.attach(Hanging("hanging"), MemorySink())
    engine.attach(ArraySource(clip(4)), sink)
    begin = time.monotonic()
    with Running(engine):
        sink.wait_for(4)
        assert hanging.status == "starting"
    assert time.monotonic() - begin < SOON
    assert hanging.status == "failed" and "abandoned" in str(hanging.error)
    released.set()


def test_a_picture_that_is_invalid_ends_its_stream_and_not_the_batch():
    engine, bad, sink = Engine(counting), Fed("bad"), MemorySink()
    bad.picture = np.zeros((5, 7), np.uint8)
    failed = engine.attach(bad, MemorySink())
    engine.attach(ArraySource(clip(4)), sink)
    bad.feed(0, None)
    engine.run()
    assert "must be an RGB array" in str(failed.error) and len(sink.masks) == 4


@pytest.mark.parametrize("behind", [False, True])
def test_an_error_of_one_sink_ends_its_stream_alone_and_its_file_can_be_played(behind, tmp_path):
    class Full(MaskMovieSink):
        def write(self, frame, mask):
            if mask[0, 0] == 3:
                raise SinkError("the disk is full")
            super().write(frame, mask)

    full, sink = Full(tmp_path / "masks.mkv"), MemorySink()
    engine = Engine(counting)
    failed = engine.attach(ArraySource(clip(9)), Background(full) if behind else full)
    engine.attach(ArraySource(clip(9)), sink, name="other")
    engine.run()
    assert (failed.status, str(failed.error)) == ("failed", "the disk is full") and len(sink.masks) == 9
    with MovieSource(tmp_path / "masks.mkv") as written:
        assert len(list(written)) == 3


def test_a_sink_that_hangs_holds_no_one_up_and_is_abandoned():
    released = threading.Event()

    class Stuck(MemorySink):
        def write(self, frame, mask):
            released.wait(LONG)

    engine, sink = Engine(counting, patience=0.1, stuck=0.2), MemorySink()
    stuck = engine.attach(ArraySource(clip(30)), Background(Stuck(), depth=2, patience=60))
    engine.attach(ArraySource(clip(30)), sink, name="other")
    begin = time.monotonic()
    engine.run()
    assert time.monotonic() - begin < SOON
    assert "taken nothing for 0.2 s" in str(stuck.error) and len(sink.masks) == 30
    released.set()


def test_an_error_in_the_step_ends_the_run_and_what_was_written_can_be_played(tmp_path):
    def failing(images, states):
        if states[0] == 4:
            raise ZeroDivisionError("no")
        return counting(images, states)

    engine = Engine(failing)
    stream = engine.attach(
        ArraySource(clip(9), fps=10, name="clip"), Background(MaskMovieSink(tmp_path / "masks.mkv")), name="s"
    )
    with pytest.raises(ZeroDivisionError) as caught:
        engine.run()
    assert caught.value.__notes__ == ["while segmenting frame 4 of clip at 0.400 s"]
    assert stream.status == "failed"
    with MovieSource(tmp_path / "masks.mkv") as written:
        assert len(list(written)) == 4


def test_a_step_that_hangs_is_abandoned_when_the_run_is_stopped():
    inside, released = threading.Event(), threading.Event()

    def hanging(images, states):
        inside.set()
        released.wait(LONG)
        return counting(images, states)

    engine = Engine(hanging, patience=0.2)
    engine.attach(ArraySource(clip(3)), MemorySink())
    with Running(engine) as running:
        inside.wait(LONG)
    assert isinstance(running.error, StreamError) and "step has not returned" in str(running.error)
    released.set()


def test_a_mask_of_another_size_is_refused_in_one_line():
    engine = Engine(lambda images, states: ([np.zeros((2, 2), np.uint8)], states))
    engine.attach(ArraySource(clip(1)), MemorySink())
    with pytest.raises(StreamError, match=r"mask of shape \(2, 2\)"):
        engine.run()


def test_a_given_state_that_does_not_fit_ends_its_own_stream_alone():
    def check(image, state):
        if state["size"] != image.shape[:2]:
            raise StreamError(f"a state of {state['size']} for pictures of {image.shape[:2]}")

    engine = Engine(lambda images, states: ([image[..., 0] for image in images], states), check_state=check)
    wrong = engine.attach(ArraySource(clip(3)), MemorySink(), name="wrong", state={"size": (9, 9)})
    right = engine.attach(ArraySource(clip(3)), MemorySink(), name="right", state={"size": (5, 7)})
    fresh = engine.attach(ArraySource(clip(3)), MemorySink(), name="fresh")
    engine.run()
    assert (wrong.status, wrong.frames, str(wrong.error)) == ("failed", 0, "a state of (9, 9) for pictures of (5, 7)")
    assert [(stream.status, stream.frames) for stream in (right, fresh)] == [("ended", 3), ("ended", 3)]

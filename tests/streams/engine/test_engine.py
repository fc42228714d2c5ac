import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from streams import ArraySource, Background, Engine, Frame, Known, MemorySink, SinkError, SourceError, StreamError
from streams.sinks import MaskMovieSink
from streams.sources import MovieSource
from streams.sources.source import Source

SOON = 5  # seconds within which a run has to be over, whatever hangs
LONG = 30  # seconds after which a test gives up what it waits for


def until(condition):
    """Waits for something that a thread is about to do."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def clip(count, size=(5, 7)):
    return np.zeros((count, *size, 3), np.uint8)


def counting(images, states):
    """Masks that count the frames since the state was fresh."""
    counts = [0 if state is None else state for state in states]
    masks = [np.full(image.shape[:2], count, np.uint8) for image, count in zip(images, counts, strict=True)]
    return masks, [count + 1 for count in counts]


def counts(sink):
    return [int(mask[0, 0]) for mask in sink.masks]


class Fed(Source):
    """A source that gives what it is fed: numbers are frames, exceptions are raised, None ends it."""

    def __init__(self, name="fed", *, live=False, size=(5, 7)):
        super().__init__(name)
        self.live, self.picture, self.closed, self.index = live, np.zeros((*size, 3), np.uint8), False, 0
        self._entries, self._changed = [], threading.Condition()

    def feed(self, *entries):
        with self._changed:
            self._entries += entries
            self._changed.notify_all()

    def open(self):
        pass

    def stop(self):
        super().stop()
        self.feed(None)

    def frames(self):
        while True:
            with self._changed:
                while not self._entries:
                    self._changed.wait()
                entry = self._entries.pop(0)
            if entry is None:
                return
            if isinstance(entry, BaseException):
                raise entry
            yield Frame(self.picture, Fraction(self.index), self.index, self.name, epoch=entry)
            self.index += 1

    def close(self):
        self.closed = True


class Seen(MemorySink):
    """Lets a test wait for its nth mask."""

    def __init__(self):
        super().__init__()
        self._changed = threading.Condition()

    def write(self, frame, mask):
        with self._changed:
            super().write(frame, mask)
            self._changed.notify_all()

    def wait_for(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.masks) >= count, LONG)


class Running:
    """An engine at work in a thread of its own, stopped at the end."""

    def __init__(self, engine, **options):
        self.engine, self.error = engine, None
        self._thread = threading.Thread(target=self._run, args=(options,), name="engine under test", daemon=True)

    def _run(self, options):
        try:
            self.engine.run(**options)
        except BaseException as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def wait(self):
        self._thread.join(LONG)
        assert not self._thread.is_alive()

    def __exit__(self, *error):
        self.engine.stop()
        self.wait()


@pytest.fixture(autouse=True)
def no_thread_is_left_behind():
    before = set(threading.enumerate())
    yield
    until(lambda: not set(threading.enumerate()) - before)


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


def test_a_source_that_hangs_while_opening_holds_nobody_up():
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


def test_a_picture_that_is_none_ends_its_stream_and_not_the_batch():
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


def test_a_sink_that_hangs_holds_nobody_up_and_is_left_behind():
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


def test_a_step_that_hangs_is_left_behind_when_the_run_is_stopped():
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


def test_the_age_of_a_state_stands_still_when_its_stream_has_ended():
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

import json
import threading
from fractions import Fraction

import numpy as np
import pytest

from streams import (
    ArraySource,
    Engine,
    Frame,
    Journal,
    MemorySink,
    MovieSource,
    Prefetch,
    RecordingMovieSink,
    Replay,
    SinkError,
    Sinks,
    SourceError,
)
from streams.sources.source import Source

PICTURES = np.random.default_rng(0).integers(0, 256, (60, 5, 7, 3), np.uint8)


class Camera(Source):
    """A live source that gives its frames in bursts, faster than they are read, with jumps in time and epoch."""

    live = True

    def __init__(self, name, pictures, taken):
        super().__init__(name)
        self.pictures, self.taken = pictures, taken

    def open(self):
        pass

    def frames(self):
        for index, picture in enumerate(self.pictures):
            if index % 12 == 0:
                self.taken.acquire(timeout=60)  # a burst follows each of its frames that was segmented
            pts = Fraction(index, 30) + (index > 40) * Fraction(1, 3)
            yield Frame(picture, pts, index, self.name, epoch=index // 25)

    def close(self):
        pass


def remembering(images, states):
    """Masks that depend on all frames before, on what faded, and on the batch they were made in."""
    states = [{"sum": np.zeros(images[k].shape[:2])} if state is None else state for k, state in enumerate(states)]
    sums = [state["sum"] + image[..., 0] for state, image in zip(states, images, strict=True)]
    masks = [((total * 7 + len(images)) % 251).astype(np.uint8) for total in sums]
    return masks, [{"sum": total} for total in sums]


def live_run(path, names, on_gap):
    """A run of live sources that drop; gives what each sink got."""
    sinks = {name: MemorySink() for name in names}
    taken = {name: threading.Semaphore(1) for name in names}
    with Journal(path, {"model": "none"}) as journal:
        engine = Engine(remembering, journal=journal)
        for k, name in enumerate(names):
            camera = Camera(name, PICTURES[k:], taken[name])
            engine.attach(Prefetch(camera, depth=3), sinks[name], name=name, on_gap=on_gap)

        def on_frame(stream, _frame, _mask):
            taken[stream.name].release()
            if stream.frames == 4:
                engine.reset(stream)

        engine.on_frame = on_frame
        report = engine.run()
    return sinks, report


def replayed(path, recordings):
    replay, sinks = Replay.read(path), {}
    engine = Engine(remembering)
    for name, recording in recordings.items():
        sinks[name] = MemorySink()
        source = replay.source(name, ArraySource(recording))
        engine.attach(source, sinks[name], name=name, continuity=replay.continuity(name))
    engine.run(plan=replay.plan)
    for stream in engine.streams:
        if stream.error:
            raise stream.error
    return sinks


@pytest.mark.parametrize("on_gap", ["keep", "decay:0.9", "reset:3"])
def test_a_live_run_that_dropped_is_replayed_bit_for_bit(on_gap, tmp_path):
    path = tmp_path / "live.jsonl"
    live, report = live_run(path, ["left", "right"], on_gap)
    assert report["dropped"]["overflow"] > 0 and all(part["fresh_starts"] for part in report["streams"])
    again = replayed(path, {name: [frame.image for frame in sink.frames] for name, sink in live.items()})
    for name, sink in live.items():
        np.testing.assert_array_equal(again[name].masks, sink.masks)
        assert [(f.pts, f.epoch, f.gap, f.index) for f in again[name].frames] == [
            (f.pts, f.epoch, f.gap, f.index) for f in sink.frames
        ]


def test_without_the_journal_a_replay_is_another_one(tmp_path):
    live, _ = live_run(tmp_path / "live.jsonl", ["left"], "reset:3")
    engine, sink = Engine(remembering), MemorySink()
    engine.attach(ArraySource([frame.image for frame in live["left"].frames]), sink)
    engine.run()
    assert not np.array_equal(sink.masks, live["left"].masks)


def test_drops_are_in_the_journal_by_cause(tmp_path):
    _, report = live_run(tmp_path / "live.jsonl", ["left"], "keep")
    lines = [json.loads(line) for line in (tmp_path / "live.jsonl").read_text().splitlines()]
    lost = sum(line.get("dropped", {}).get("overflow", 0) for line in lines)
    assert lost == sum(line.get("gap", 0) for line in lines) == report["dropped"]["overflow"]


def test_what_happened_is_between_the_frames(tmp_path):
    engine_lines = tmp_path / "run.jsonl"
    with Journal(engine_lines) as journal:
        engine = Engine(remembering, journal=journal)
        stream = engine.attach(ArraySource(PICTURES[:2]), MemorySink(), name="a")
        engine.pause(stream)
        engine.resume(stream)
        engine.run()
    lines = [json.loads(line) for line in engine_lines.read_text().splitlines()]
    events = [line.get("event") for line in lines]
    assert events == [None, "attached", "paused", "resumed", None, None, "ended", "closed"]


def test_a_journal_cut_off_in_its_last_line_is_read_up_to_there(tmp_path):
    path = tmp_path / "live.jsonl"
    live, _ = live_run(path, ["left"], "keep")
    whole = Replay.read(path)
    lines = path.read_bytes().split(b"\n")
    last = max(number for number, line in enumerate(lines) if b'"pts"' in line)
    path.write_bytes(b"\n".join(lines[:last]) + b"\n" + lines[last][:-9])
    assert len(Replay.read(path).streams["left"]) == len(whole.streams["left"]) - 1


def test_a_recording_that_is_too_short_says_so(tmp_path):
    path = tmp_path / "live.jsonl"
    live, _ = live_run(path, ["left"], "keep")
    with pytest.raises(SourceError, match='ends after 2 frames, the journal has .* of "left"'):
        replayed(path, {"left": [frame.image for frame in live["left"].frames[:2]]})


def recorded_in_three_sizes(folder, file):
    """A run of pictures of three sizes, the first of which comes back, recorded into `file`."""
    random = np.random.default_rng(1)
    sizes = [(5, 7)] * 3 + [(9, 11)] * 2 + [(7, 5)] + [(5, 7)] * 2
    pictures, sink = [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes], MemorySink()
    with Journal(folder / "run.jsonl") as journal:
        engine = Engine(remembering, journal=journal)
        engine.attach(ArraySource(pictures, fps=10), Sinks([sink, RecordingMovieSink(file)]), name="a")
        engine.run()
    return sink


def test_a_recording_goes_on_in_the_next_file_where_the_size_changes_bit_for_bit(tmp_path):
    file = tmp_path / "frames.mkv"
    live = recorded_in_three_sizes(tmp_path, file)
    assert sorted(path.name for path in tmp_path.glob("*.mkv")) == [
        *("frames-2.mkv", "frames-3.mkv", "frames-4.mkv", "frames.mkv")
    ]
    replay, again, engine = Replay.read(tmp_path / "run.jsonl"), MemorySink(), Engine(remembering)
    engine.attach(replay.source("a", MovieSource(file)), again, name="a", continuity=replay.continuity("a"))
    engine.run(plan=replay.plan)
    assert len(again.frames) == 8 and engine.streams[0].error is None
    for ours, theirs, mask, expected in zip(again.frames, live.frames, again.masks, live.masks, strict=True):
        np.testing.assert_array_equal(ours.image, theirs.image)
        np.testing.assert_array_equal(mask, expected)
        assert (ours.pts, ours.epoch, ours.index) == (theirs.pts, theirs.epoch, theirs.index)


def test_a_next_file_that_is_missing_or_of_another_recording_is_reported(tmp_path):
    file = tmp_path / "frames.mkv"
    recorded_in_three_sizes(tmp_path, file)
    (tmp_path / "frames-4.mkv").replace(tmp_path / "frames-2.mkv")
    replay = Replay.read(tmp_path / "run.jsonl")
    with pytest.raises(SourceError, match=r"frame 3 is of \(5, 7\), the journal has \(9, 11\)"):
        with replay.source("a", MovieSource(file)) as source:
            list(source)
    (tmp_path / "frames-2.mkv").unlink()
    with pytest.raises(SourceError, match="frames-2.mkv does not exist"):
        with replay.source("a", MovieSource(file)) as source:
            list(source)


def test_a_size_is_in_the_journal_where_it_changes(tmp_path):
    recorded_in_three_sizes(tmp_path, tmp_path / "frames.mkv")
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    sizes = [line.get("size") for line in lines if "pts" in line]
    assert sizes == [[5, 7], None, None, [9, 11], None, [7, 5], [5, 7], None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 is not JSON"),
        ("{}\n", "not a journal of this version"),
        ('{"journal": 1}\n{"stream": "a"}\n', "line 2 is not the line of a frame"),
        ('{"journal": 1}\nnonsense\n', "line 2 is not JSON"),
    ],
)
def test_what_is_no_journal_is_one_clear_line(text, message, tmp_path):
    (tmp_path / "x.jsonl").write_text(text)
    with pytest.raises(SourceError, match=message):
        Replay.read(tmp_path / "x.jsonl")


def test_a_journal_that_cannot_be_written_says_where(tmp_path):
    with pytest.raises(SinkError, match="cannot be written"), Journal(tmp_path):
        pass

"""Every sink, and what can go wrong with it: the run ends within seconds, with a line that names the sink."""

import os
import shutil
import signal
import threading
import time
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest

from streams import (
    AreasSink,
    ArraySource,
    Background,
    Frame,
    MaskFolderSink,
    MaskLinesSink,
    MaskMovieSink,
    MemorySink,
    MovieFrames,
    MovieSink,
    Overlay,
    SinkError,
    Sinks,
    WindowSink,
    run,
)

PALETTE = np.uint8([[0, 0, 0], [200, 0, 0]])
OVERLAY = Overlay(PALETTE, ["ground", "car"])
SOON = 5.0
FILES = {
    "out.mp4": lambda path: MovieSink(path, OVERLAY),
    "out.mkv": lambda path: MovieSink(path, OVERLAY),
    "masks.mkv": MaskMovieSink,
    "masks.jsonl": lambda path: MaskLinesSink(path, OVERLAY.names),
    "areas.csv": lambda path: AreasSink(path, OVERLAY.names),
}


def zeros(image, state):
    return np.zeros(image.shape[:2], np.uint8), None


def pictures(count=20, meanwhile=lambda index: None):
    for index in range(count):
        meanwhile(index)
        yield np.full((32, 48, 3), index, np.uint8)


@pytest.fixture(autouse=True)
def it_is_over_soon():
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < SOON


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("wrap", [lambda sink: sink, Background], ids=["direct", "background"])
def test_a_folder_that_takes_the_files_place_is_told_and_the_part_is_whole(tmp_path, name, wrap):
    path = tmp_path / name
    source = ArraySource(pictures(meanwhile=lambda index: path.mkdir(exist_ok=True) if index == 5 else None))
    with pytest.raises(SinkError, match=rf"{name} cannot be finished: Is a directory; what was written is in .*part"):
        run(source, zeros, wrap(FILES[name](path)))
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    if name.endswith(("mp4", "mkv")):
        assert len(MovieFrames(part)) == 20
    else:
        assert part.read_text().count("\n") >= 20


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_vanishes_is_reported(tmp_path, name):
    folder = tmp_path / "out"
    source = ArraySource(pictures(meanwhile=lambda index: shutil.rmtree(folder) if index == 5 else None))
    with pytest.raises(SinkError, match=rf"{name} cannot be (finished|written on): No such file or directory"):
        run(source, zeros, FILES[name](folder / name))


def test_a_mask_folder_that_vanishes_is_reported(tmp_path):
    folder = tmp_path / "masks"
    source = ArraySource(pictures(meanwhile=lambda index: shutil.rmtree(folder) if index == 5 else None))
    with pytest.raises(
        SinkError, match=r"000005\.png cannot be written: No such file or directory; the 5 masks before"
    ):
        run(source, zeros, MaskFolderSink(folder, PALETTE))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("name", ["masks.jsonl", "areas.csv"])
def test_a_pipe_that_no_one_reads_ends_the_run_with_its_name(tmp_path, name):
    path = tmp_path / name
    os.mkfifo(path)
    with pytest.raises(SinkError, match=rf"{name} hangs: it did not .* for 0.3 s"):
        run(ArraySource(pictures()), zeros, Background(FILES[name](path), patience=0.3))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # lets the thread that hangs go
    gone("write")
    os.close(reader)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_that_somebody_reads_gets_every_line(tmp_path):
    os.mkfifo(tmp_path / "areas.csv")
    lines: list[str] = []

    def read():
        with (tmp_path / "areas.csv").open() as pipe:
            lines.extend(pipe)

    reader = threading.Thread(target=read)
    reader.start()
    run(ArraySource(pictures()), zeros, AreasSink(tmp_path / "areas.csv", OVERLAY.names))
    reader.join(SOON)
    assert len(lines) == 21 and (tmp_path / "areas.csv").is_fifo()


@pytest.mark.parametrize("name", ["out.mp4", "masks.mkv", "masks.jsonl", "areas.csv"])
def test_a_part_that_holds_nothing_does_not_stay(tmp_path, name):
    with pytest.raises(SinkError, match=f"{name} cannot be written"), no_byte():
        run(ArraySource(pictures(200)), zeros, FILES[name](tmp_path / name))
    assert [path for path in tmp_path.iterdir() if path.suffix in (".mp4", ".mkv", ".jsonl") or path.name == name] == []


@contextmanager
def no_byte():
    """No file may grow meanwhile, as if the disk were full; not for a whole test, whose outcome may go to a file."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


class Broken(Overlay):
    """Cannot draw, or takes too long to."""

    def __init__(self, fault):
        super().__init__(PALETTE, ["ground", "car"])
        self.fault, self.count = fault, 0

    def draw(self, image, mask, found=None):
        self.count += 1
        if self.count == 5:
            self.fault()
        return super().draw(image, mask, found)


def drawing(tmp_path, overlay):
    class Screen:
        def show(self, image):
            return True

        def close(self):
            pass

    return [MovieSink(tmp_path / "out.mp4", overlay), WindowSink("test", overlay, screen=Screen())]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("wrap", [lambda sink: sink, Background], ids=["direct", "background"])
def test_a_bug_while_drawing_ends_the_run_and_what_was_written_can_be_played(tmp_path, number, wrap):
    def fault():
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        run(ArraySource(pictures()), zeros, wrap(drawing(tmp_path, Broken(fault))[number]))
    if number == 0:
        assert len(MovieFrames(tmp_path / "out.mp4")) == 4


def test_a_movie_that_hangs_while_it_is_drawn_is_named_and_the_other_sinks_are_whole(tmp_path):
    gate = threading.Event()
    hanging = MovieSink(tmp_path / "out.mp4", Broken(lambda: gate.wait(2 * SOON)))
    others = [MaskMovieSink(tmp_path / "masks.mkv"), AreasSink(tmp_path / "areas.csv", OVERLAY.names)]
    sinks = [Background(hanging, patience=0.4), *map(Background, others)]
    with pytest.raises(SinkError, match=r"out\.mp4 hangs: it did not take a frame for 0\.4 s"):
        run(ArraySource(pictures(40)), zeros, Sinks(sinks))
    assert len(MovieFrames(tmp_path / "masks.mkv", pixels="gray")) >= 10
    assert (tmp_path / "areas.csv").read_text().count("\n") >= 10
    gate.set()
    gone("write")


def test_a_live_run_goes_on_beside_a_sink_that_hangs_until_it_ends(tmp_path):
    gate, kept = threading.Event(), MemorySink()
    hanging = Background(
        MovieSink(tmp_path / "out.mp4", Broken(lambda: gate.wait(2 * SOON))), patience=0.3, seconds=1.0
    )
    sinks = Sinks([hanging, kept])
    sinks.expect(live=True)
    with pytest.raises(SinkError, match=r"out\.mp4 hangs: it did not close"), sinks:
        for index in range(200):
            image = np.zeros((32, 48, 3), np.uint8)
            frame = Frame(image, Fraction(index, 10), index, captured=index / 10, duration=Fraction(1, 10))
            sinks.write(frame, image[..., 0])
    assert len(kept.frames) == 200 and hanging.left_out > 150
    gate.set()
    gone("write")


def gone(name):
    end = time.monotonic() + SOON
    while any(thread.name.startswith(name) for thread in threading.enumerate()) and time.monotonic() < end:
        time.sleep(0.01)

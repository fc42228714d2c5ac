import io
import os
import subprocess
import sys
import threading
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streams import Prefetch, SourceError, StandardInput

CLIP = np.random.default_rng(0).integers(0, 256, (5, 48, 64, 3), dtype=np.uint8)


@pytest.fixture
def pipe():
    """pipe(content) -> opener of a real pipe that a thread writes the content into; None: nothing ever comes."""
    threads, ends = [], []

    def start(content: bytes | None):
        reading, writing = os.pipe()
        ends.append(writing)
        if content is not None:

            def write():
                with os.fdopen(writing, "wb") as file:
                    try:
                        file.write(content)
                    except BrokenPipeError:
                        pass  # the reader has had enough

            ends.remove(writing)
            threads.append(threading.Thread(target=write))
            threads[-1].start()
        return lambda: os.fdopen(reading, "rb", buffering=0)

    yield start
    for thread in threads:
        thread.join()
    for end in ends:
        os.close(end)


def read(source):
    with source:
        return list(source)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("movie.mkv", "libx264"), ("movie.ts", "libx264"), ("movie.avi", "mpeg4"), ("movie.webm", "vp8")],
)
def test_a_movie_through_a_pipe_is_the_movie(pipe, make_movie, decode, name, codec):
    path = make_movie(name, range(20), codec=codec, pixel_format="yuv420p")
    frames = read(StandardInput(opener=pipe(path.read_bytes())))
    times, images = decode(path)
    assert [frame.pts for frame in frames] == times
    np.testing.assert_array_equal([frame.image for frame in frames], images)


def test_raw_pictures_are_taken_as_they_are_said_to_be(pipe):
    frames = read(StandardInput(raw=(48, 64, "rgb24"), fps=10, opener=pipe(CLIP.tobytes())))
    np.testing.assert_array_equal([frame.image for frame in frames], CLIP)
    assert [frame.pts for frame in frames] == [Fraction(index, 10) for index in range(5)]


def test_mjpeg_is_known_by_its_first_bytes(pipe):
    shades = range(20, 220, 20)
    data = b"".join(cv2.imencode(".jpg", np.full((48, 64, 3), shade, np.uint8))[1].tobytes() for shade in shades)
    frames = read(StandardInput(fps=10, opener=pipe(data)))
    assert [round(frame.image.mean() / 20) * 20 for frame in frames] == list(shades)
    assert [frame.pts for frame in frames] == [Fraction(index, 10) for index in range(10)]


def test_a_redirected_file_may_have_its_index_at_its_end(make_movie):
    path = make_movie("movie.mp4")
    assert len(read(StandardInput(opener=lambda: path.open("rb", buffering=0)))) == 10


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "standard input is empty; pipe a movie into it"),
        (b"hello, I am a text\n" * 100, "is no movie that FFmpeg recognises; for raw pictures say --raw"),
        (b"\xff\xd8\xff", "standard input"),
    ],
)
def test_what_is_no_movie_is_refused_in_one_line(pipe, content, reason):
    with pytest.raises(SourceError, match=reason) as caught:
        read(StandardInput(opener=pipe(content)))
    assert "\n" not in str(caught.value)


def test_an_mp4_that_cannot_be_read_through_a_pipe_says_what_can(pipe, make_movie):
    content = make_movie("movie.mp4", range(60), size=(240, 320), codec="mjpeg", pixel_format="yuvj420p").read_bytes()
    with pytest.raises(SourceError, match="mp4 whose index is at its end; pipe it as -f matroska"):
        read(StandardInput(opener=pipe(content)))


def test_an_unknown_pixel_format_is_named(pipe):
    with pytest.raises(SourceError, match="rgb42 is no pixel format"):
        read(StandardInput(raw=(48, 64, "rgb42"), opener=pipe(CLIP.tobytes())))


def test_it_can_be_read_once_only(pipe):
    source = StandardInput(raw=(48, 64, "rgb24"), opener=pipe(CLIP.tobytes()))
    read(source)
    with pytest.raises(SourceError, match="can be read once only"):
        read(source)


def test_a_terminal_is_no_movie(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(SourceError, match="standard input is a terminal; pipe a movie into it"):
        read(StandardInput())


def test_closing_does_not_wait_for_a_pipe_that_has_nothing_more_to_say(pipe):
    head = CLIP.tobytes()[: 2 * 48 * 64 * 3]
    reading, writing = os.pipe()
    os.write(writing, head)
    source = Prefetch(StandardInput(raw=(48, 64, "rgb24"), opener=lambda: os.fdopen(reading, "rb", buffering=0)))
    try:
        with source:
            next(iter(source))
            start = time.monotonic()
        assert time.monotonic() - start < 4 and source.warnings == []
    finally:
        os.close(writing)


def test_the_real_standard_input_is_read(make_movie, repository):
    code = "from streams import open_source\nwith open_source('-') as source: print(sum(1 for _ in source))"
    path = make_movie("movie.mkv")
    done = subprocess.run(
        [sys.executable, "-c", code], input=path.read_bytes(), capture_output=True, cwd=repository, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"10\n", b"")

from fractions import Fraction

import cv2
import numpy as np
import pytest

from streams import ArraySource, Frame, MemorySink, MovieSink, MovieSource, Overlay, SinkError, Sinks, run


@pytest.fixture
def clear():
    """An overlay that leaves the pictures as they are."""
    return Overlay(np.zeros((1, 3), np.uint8), ["nothing"], legend=False)


def all_zero(image, state):
    return np.zeros(image.shape[:2], np.uint8), None


@pytest.mark.parametrize(
    "name",
    [
        "fire2.mp4",  # variable frame rate, upside down
        "video_90.mov",
        "testsrc2_odd_height_and_width_444.mp4",
        "newtonscradle.gif",
        "no_duration.webm",
        "sine_stereo_mp2.mpg",  # begins at 0.54 s
        "bitmap.mp4",  # 1x1
    ],
)
def test_times_of_the_output_equal_those_of_the_input(shared_data, tmp_path, clear, decode, name):
    kept, path = MemorySink(), tmp_path / "out.mp4"
    run(MovieSource(shared_data / "movies" / name), all_zero, Sinks([kept, MovieSink(path, clear)]))
    assert decode(path)[0] == [frame.pts for frame in kept.frames]


def test_a_variable_rate_and_a_late_beginning_are_kept_to_the_tick(make_movie, tmp_path, clear, decode):
    ticks = [90_000, 93_003, 93_004, 180_001, 900_000]
    source = MovieSource(make_movie("uneven.mov", ticks, time_base=Fraction(1, 90_000)))
    run(source, all_zero, MovieSink(tmp_path / "out.mp4", clear))
    assert decode(tmp_path / "out.mp4")[0] == [Fraction(tick, 90_000) for tick in ticks]


def test_a_broadcast_rate_is_kept(tmp_path, clear, decode):
    rate = Fraction(30000, 1001)
    run(ArraySource(np.zeros((31, 16, 16, 3), np.uint8), fps=rate), all_zero, MovieSink(tmp_path / "out.mp4", clear))
    assert decode(tmp_path / "out.mp4")[0] == [index / rate for index in range(31)]


@pytest.mark.parametrize(("size", "padded"), [((241, 321), (242, 322)), ((240, 321), (240, 322)), ((1, 1), (2, 2))])
def test_odd_sizes_are_padded_by_one_pixel(tmp_path, clear, decode, size, padded):
    run(ArraySource(np.full((3, *size, 3), 99, np.uint8)), all_zero, MovieSink(tmp_path / "out.mp4", clear))
    pictures = decode(tmp_path / "out.mp4")[1]
    assert pictures[0].shape[:2] == padded
    assert np.abs(pictures[0].astype(int) - 99).max() <= 2


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (30, 140, 90)])
def test_colours_come_back(tmp_path, clear, decode, colour):
    clip = np.tile(np.uint8(colour), (3, 48, 64, 1))
    run(ArraySource(clip), all_zero, MovieSink(tmp_path / "out.mp4", clear))
    for picture in (
        decode(tmp_path / "out.mp4")[1][0],
        cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1][..., ::-1],
    ):
        assert np.abs(picture.astype(int) - colour).max() <= 3


def test_the_overlay_is_what_is_written(tmp_path, palette, decode):
    overlay, clip = Overlay(palette, list("abcd"), alpha=0.5), np.full((3, 96, 128, 3), 60, np.uint8)
    mask = np.zeros((96, 128), np.uint8)
    mask[:, 64:] = 1
    run(ArraySource(clip), lambda image, state: (mask, None), MovieSink(tmp_path / "out.mp4", overlay))
    picture = decode(tmp_path / "out.mp4")[1][0]
    assert np.abs(picture.astype(int) - overlay.draw(clip[0], mask)).mean() < 4


def test_frames_of_another_size_go_to_a_next_movie(tmp_path, clear, decode):
    clip = [np.full((48, 64, 3), 200, np.uint8)] * 2 + [np.full((95, 32, 3), 100, np.uint8)] * 3
    warnings = run(ArraySource(clip, fps=10), all_zero, MovieSink(tmp_path / "out.mp4", clear)).warnings
    assert warnings == (f"from frame 2 on pictures are 32x96; they are in {tmp_path / 'out-2.mp4'}",)
    times, pictures = decode(tmp_path / "out.mp4")
    assert (len(times), pictures[0].shape) == (2, (48, 64, 3))
    times, pictures = decode(tmp_path / "out-2.mp4")
    assert times == [Fraction(2, 10), Fraction(3, 10), Fraction(4, 10)] and pictures[0].shape == (96, 32, 3)


def written(sink, times_and_epochs):
    with sink:
        for index, (pts, epoch) in enumerate(times_and_epochs):
            frame = Frame(np.zeros((16, 16, 3), np.uint8), Fraction(pts), index, "hand", epoch)
            sink.write(frame, np.zeros((16, 16), np.uint8))


def test_an_epoch_whose_times_begin_again_goes_on_after_the_last_frame(tmp_path, clear, decode):
    written(MovieSink(tmp_path / "out.mp4", clear), [("0", 0), ("1/10", 0), ("0", 1), ("1/10", 1)])
    times = decode(tmp_path / "out.mp4")[0]
    assert len(times) == 4 and times == sorted(set(times))
    assert times[3] - times[2] == Fraction(1, 10)


def test_an_epoch_after_a_pause_keeps_its_times(tmp_path, clear, decode):
    written(MovieSink(tmp_path / "out.mp4", clear), [("0", 0), ("1/10", 0), ("7/2", 1), ("18/5", 1)])
    assert decode(tmp_path / "out.mp4")[0] == [0, Fraction(1, 10), Fraction(7, 2), Fraction(18, 5)]


def test_frames_whose_times_do_not_grow_are_left_out_with_a_warning(tmp_path, clear, decode):
    sink = MovieSink(tmp_path / "out.mp4", clear)
    written(sink, [("0", 0), ("1/10", 0), ("1/10", 0), ("1/20", 0), ("1/5", 0)])
    assert decode(tmp_path / "out.mp4")[0] == [0, Fraction(1, 10), Fraction(1, 5)]
    assert "2 frames left out" in sink.warnings[0]


def test_nothing_is_written_when_no_frame_comes(tmp_path, clear):
    run(ArraySource([]), all_zero, MovieSink(tmp_path / "out.mp4", clear))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_made(tmp_path, clear):
    path = tmp_path / "a" / "b" / "out.mp4"
    run(ArraySource(np.zeros((2, 16, 16, 3), np.uint8)), all_zero, MovieSink(path, clear))
    assert path.stat().st_size


def test_a_name_that_is_no_movie_is_refused(tmp_path, clear):
    with pytest.raises(SinkError, match=r"out\.webm ends in \.webm; a movie must end in \.mp4"):
        MovieSink(tmp_path / "out.webm", clear)


def test_a_folder_in_the_way_is_refused(tmp_path, clear):
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(SinkError, match="is a folder"), MovieSink(tmp_path / "out.mp4", clear):
        pass


def test_a_file_in_the_way_of_the_folder_is_refused(tmp_path, clear):
    (tmp_path / "results").touch()
    with (
        pytest.raises(SinkError, match="cannot be made: File exists"),
        MovieSink(tmp_path / "results" / "a.mp4", clear),
    ):
        pass

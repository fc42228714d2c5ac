import json
import wave
from fractions import Fraction

import av
import cv2
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image, ImageSequence

from streams import Known, MovieSource, SourceError
from streams.sources.reading.decoder import Decoder

MOVIES = [
    "av1_video.mkv",
    "big_buck_bunny_432_433.webm",
    "bitmap.mp4",
    "fire2.mp4",
    "h264_10bits.mp4",
    "h265_video.mp4",
    "newtonscradle.gif",
    "sine_stereo_mp2.mpg",
    "stub_mjpeg.avi",
    "testsrc2_odd_height_and_width_444.mp4",
    "testsrc2_odd_width_vp9.mp4",
    "video_90.mov",
]


def read(path, **options):
    with MovieSource(path, **options) as source:
        return list(source), source.warnings


@pytest.mark.parametrize("name", MOVIES)
def test_times_are_those_in_the_file(shared_data, decode, name):
    path = shared_data / "movies" / name
    frames, warnings = read(path)
    assert [frame.pts for frame in frames] == decode(path)[0]
    assert warnings == []


def test_frames_and_times_are_bit_for_bit_those_of_the_ffmpeg_command_line(shared_data):
    folder, name = shared_data / "movies", "nasa_13013.mp4"
    frames, _ = read(folder / name)  # of its two video streams, number 3 is the one that players show
    times = json.loads((folder / f"{name}.stream3.all_frames_info.json").read_text())
    assert [f"{float(frame.pts):.6f}" for frame in frames] == [info["pts_time"] for info in times]
    expected = sorted((folder / "expected_frames").glob(f"{name}.stream3.frame*.png"))
    assert len(expected) >= 10
    for path in expected:
        np.testing.assert_array_equal(frames[int(path.stem[-6:])].image, iio.imread(path))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("video_0.mov", (320, 568)),
        ("video_90.mov", (568, 320)),
        ("video_180.mov", (320, 568)),
        ("video_270.mov", (568, 320)),
        ("fire2.mp4", (720, 1280)),
        ("sine_stereo_mp2.mpg", (128, 128)),
    ],
)
def test_pictures_are_upright_and_equal_to_those_of_opencv(shared_data, name, size):
    path = shared_data / "movies" / name
    with MovieSource(path) as source:
        assert source.size == size
        first = next(iter(source))
    _, bgr = cv2.VideoCapture(str(path)).read()
    np.testing.assert_array_equal(first.image, bgr[..., ::-1])


def test_ten_bit_pictures_are_close_to_those_of_opencv(shared_data):
    path = shared_data / "movies" / "h264_10bits.mp4"
    frames, _ = read(path)
    _, bgr = cv2.VideoCapture(str(path)).read()
    assert np.abs(frames[0].image.astype(int) - bgr[..., ::-1]).mean() < 3  # the two interpolate colours differently


def test_a_gif_keeps_its_uneven_times(shared_data):
    path = shared_data / "movies" / "newtonscradle.gif"
    frames, _ = read(path)
    with Image.open(path) as gif:
        durations = [Fraction(page.info["duration"], 1000) for page in ImageSequence.Iterator(gif)]
    assert len(set(durations)) > 1
    assert [frame.pts for frame in frames] == [sum(durations[:index]) for index in range(len(durations))]


def test_variable_rates_and_late_beginnings_are_exact(make_movie):
    ticks = [90_000, 93_003, 93_004, 180_001, 900_000]
    path = make_movie("uneven.mp4", ticks, time_base=Fraction(1, 90_000))
    frames, _ = read(path)
    assert [frame.pts for frame in frames] == [Fraction(tick, 90_000) for tick in ticks]


def test_a_damaged_movie_gives_every_frame_that_can_be_decoded(shared_data):
    frames, warnings = read(shared_data / "movies" / "corrupted.mp4")
    assert len(frames) == 49  # of 50; OpenCV and a strict decoder stop at 28
    assert len(warnings) == 1 and "is damaged: 1 packets could not be decoded" in warnings[0]


@pytest.mark.parametrize("threads", ["AUTO", "SLICE"])
def test_flipped_bytes_never_hang_or_end_the_reading(make_movie, threads):
    path = make_movie("flipped.mp4", range(60), gop=60)
    content, random = bytearray(path.read_bytes()), np.random.default_rng(0)
    begin = content.index(b"mdat") + 1000
    for place in random.integers(begin, content.index(b"moov") - 1000, 60):
        content[place] ^= 0xFF
    path.write_bytes(content)
    frames, warnings = read(path, threads=threads)
    assert len(frames) > 40 and "is damaged" in warnings[0]


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv"])
def test_a_movie_that_ends_early_is_read_as_far_as_it_goes_with_a_warning(make_movie, name):
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    path = make_movie(name, range(100), options=options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, warnings = read(path)
    assert 20 < len(frames) < 80
    assert "ends early" in warnings[-1] and f"{len(frames)} of about 100 frames" in warnings[-1]


def test_whole_movies_give_no_warnings(make_movie):
    for name in ("whole.mp4", "whole.mkv"):
        frames, warnings = read(make_movie(name, range(100)))
        assert (len(frames), warnings) == (100, [])


def test_rates_sizes_and_lengths_are_known_before_reading(make_movie):
    with MovieSource(make_movie("movie.mp4", size=(48, 66))) as source:
        assert (source.rate, source.size, source.length, source.live) == (25, (48, 66), 10, False)


def test_another_picture_size_within_a_movie_is_a_new_epoch(make_movie, tmp_path):
    with (tmp_path / "joined.ts").open("wb") as joined:
        for name, size in {"first.ts": (48, 64), "second.ts": (64, 48)}.items():
            joined.write(make_movie(name, size=size, pixel_format="yuv420p").read_bytes())
    frames, _ = read(tmp_path / "joined.ts")
    assert [(frame.epoch, frame.image.shape[:2]) for frame in frames] == [(0, (48, 64))] * 10 + [(1, (64, 48))] * 10
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times))  # the second half's own times begin again


def sound_only(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))


def without_index(path, make_movie):
    content = make_movie("whole.mp4").read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.mp4", "does not exist"),
        ("folder.mp4", "is a folder, not a movie"),
        ("empty.mp4", r"is empty \(0 bytes\)"),
        ("text.mp4", "is not a movie"),
        ("text.txt", "is a text file"),
        ("noise.mp4", "is not a movie"),
        ("sound.wav", "has sound but no picture"),
        ("no_index.mp4", r"was cut off before its index \(moov\) was written"),
        ("endless_box.mp4", "is not a movie, or is damaged beyond reading"),
    ],
)
def test_what_is_no_movie_is_refused_in_one_line(tmp_path, make_movie, name, reason):
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    elif name.startswith("empty"):
        path.touch()
    elif name.startswith("text"):
        path.write_text("this is not a movie\n" * 100)
    elif name.startswith("noise"):
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif name.startswith("sound"):
        sound_only(path)
    elif name.startswith("endless_box"):  # a box of 2**63 bytes
        path.write_bytes(b"\0\0\0\x01moof" + b"\x80" + bytes(7) + b"x" * 100)
    elif name.startswith("no_index"):
        without_index(path, make_movie)
    with pytest.raises(SourceError, match=f"{name} {reason}") as caught, MovieSource(path):
        pass
    assert "\n" not in str(caught.value)


def test_an_empty_movie_of_the_real_set_is_refused(shared_data):
    with pytest.raises(SourceError, match="is empty"), MovieSource(shared_data / "movies" / "result.webm"):
        pass


def test_sound_beside_the_picture_is_passed_over(shared_data):
    path = shared_data / "movies" / "sine_stereo_mp2.mpg"
    with av.open(str(path)) as container:
        assert container.streams.audio
    assert len(read(path)[0]) == 100


def test_a_movie_is_read_once_for_each_opening(make_movie):
    source = MovieSource(make_movie("movie.mp4"))
    for _ in range(2):
        with source:
            assert len(list(source)) == 10
            with pytest.raises(SourceError, match="has been read already"):
                list(source)


@pytest.mark.parametrize("name", ["movie.mp4", "movie.mkv", "movie.ts"])
def test_seconds_are_those_from_the_beginning_of_the_movie(make_movie, name):
    path = make_movie(name, range(500, 530), pixel_format="yuv420p")  # which begins at 20 seconds
    whole, part = read(path)[0], read(path, start=0.4, end=0.8)[0]
    assert [frame.pts for frame in part] == [frame.pts for frame in whole[10:20]]


def test_a_beginning_after_the_end_is_refused(make_movie):
    with pytest.raises(SourceError, match=r"movie.mp4 ends after 0\.36 s; there is nothing at 7 s"):
        read(make_movie("movie.mp4"), start=7)


def gone_on(path, known, **options):
    """What is given after the source was told to go on from the known frame."""
    source = MovieSource(path, **options)
    source.go_on_from(known)
    with source:
        return list(source)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_going_on_enters_at_the_known_frame_and_gives_the_very_same_frames(make_movie, decode, name):
    path = make_movie(name, [0, 2, 3, 7, 8, 9, 12, 13, 20, 21, 22, 30], gop=4)
    times, pictures = decode(path)
    whole, _ = read(path)
    for known in whole:
        rest = gone_on(path, Known.of(known))
        assert [frame.index for frame in rest] == list(range(known.index, 12))
        assert [frame.pts for frame in rest] == times[known.index :]
        for frame in rest:
            np.testing.assert_array_equal(frame.image, whole[frame.index].image)


def test_going_on_decodes_from_the_key_frame_before_only(make_movie):
    path = make_movie("clip.mp4", range(60), gop=10)
    whole, _ = read(path)
    decoders = []

    class Counting(Decoder):
        def __init__(self):
            super().__init__(path)
            self.count = 0
            decoders.append(self)

        def decoded(self, packet):
            self.count += 1
            return super().decoded(packet)

    source = MovieSource(path, opener=Counting)
    source.go_on_from(Known.of(whole[45]))
    with source:
        frame = next(iter(source))
    assert frame.index == 45 and len(decoders) == 1
    assert decoders[0].count < 45


@pytest.mark.parametrize(
    "change",
    [
        {"checksum": 1},  # another picture stands there: a movie that cannot be entered half-way
        {"pts": Fraction(1, 3)},
        {"epoch": 1},  # its times or sizes had changed before
        {"epoch": None, "checksum": None},  # nobody noted the picture
    ],
)
def test_where_the_known_frame_is_not_found_reading_begins_at_the_beginning(make_movie, change):
    path = make_movie("clip.mp4", range(20))
    whole, _ = read(path)
    rest = gone_on(path, Known.of(whole[13])._replace(**change))
    assert [(frame.index, frame.pts) for frame in rest] == [(frame.index, frame.pts) for frame in whole]


def test_going_on_keeps_to_the_span_that_was_asked_for(make_movie):
    path = make_movie("clip.mp4", range(50), gop=10)
    span = {"start": Fraction(8, 25), "end": Fraction(40, 25)}
    whole, _ = read(path, **span)
    rest = gone_on(path, Known.of(whole[20]), **span)
    assert [(frame.index, frame.pts) for frame in rest] == [(frame.index, frame.pts) for frame in whole[20:]]

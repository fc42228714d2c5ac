"""Sound is checked packet by packet against what PyAV reads from the source itself."""

import dataclasses
from fractions import Fraction

import av
import numpy as np
import pytest

from streams import ArraySource, Chain, Frame, MovieSink, MovieSource, Overlay, run

RATE = 48_000
A_TICK = Fraction(1, 1000)  # of the coarsest container


@pytest.fixture
def clear():
    return Overlay(np.zeros((1, 3), np.uint8), ["nothing"], legend=False)


def all_zero(image, state):
    return np.zeros(image.shape[:2], np.uint8), None


@pytest.fixture
def make_sounding(tmp_path):
    """make_sounding(name, seconds=2): a movie at 10 frames a second with a tone that changes."""

    def make(name, seconds=2, *, codec="aac", rate=RATE, size=(32, 48)):
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            video, audio = container.add_stream("libx264", rate=10), container.add_stream(codec, rate=rate)
            video.height, video.width, video.pix_fmt = *size, "yuv420p"
            audio.layout = "mono"
            for index in range(10 * seconds):
                picture = av.VideoFrame.from_ndarray(np.full((*size, 3), index * 5 % 256, np.uint8))
                container.mux(video.encode(picture.reformat(format="yuv420p")))
            times = np.arange(rate * seconds) / rate
            tone = (np.sin(times * 2 * np.pi * (200 + 200 * times)) * 9000).astype(np.int16)[None]
            sound = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            sound.rate = rate
            container.mux(audio.encode(sound))
            for stream in (video, audio):
                container.mux(stream.encode(None))
        return path

    return make


def packets(path, number=0):
    """(time in seconds, bytes) of each packet of sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(audio=number)
            if packet.pts is not None
        ]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_every_packet_of_the_sound_is_copied_with_its_time(make_sounding, tmp_path, clear, suffix):
    source = make_sounding("in.mp4")
    run(MovieSource(source), all_zero, MovieSink(tmp_path / f"out{suffix}", clear))
    wanted, got = packets(source), packets(tmp_path / f"out{suffix}")
    # Not what is heard after the last picture. The decoder's run-up lies before the beginning, where mkv has no time.
    wanted = [packet for packet in wanted if packet[0] < 2 and (packet[0] >= 0 or suffix != ".mkv")]
    assert [content for _, content in got] == [content for _, content in wanted]
    assert max(abs(a - b) for (a, _), (b, _) in zip(got, wanted, strict=True)) <= Fraction(1, 2000)


@pytest.mark.parametrize(
    "name",
    [
        "fire2.mp4",  # variable frame rate, upside down
        "04_coffee.mp4",
        "chaplin.mp4",  # mp3
        "sine_stereo_mp2.mpg",  # begins at 0.53 s
        "flipping_a_pancake.mkv",  # opus
        "no_duration.webm",
        "big_buck_bunny_432_433.webm",  # vorbis, cut out of a longer movie
        "nasa_13013.mp4",  # two tracks
    ],
)
def test_pictures_and_sound_of_real_movies_keep_their_times(shared_data, tmp_path, clear, decode, name):
    source, out = shared_data / "movies" / name, tmp_path / "out.mp4"
    frames = 60
    result = run(MovieSource(source), all_zero, MovieSink(out, clear), max_frames=frames)
    times = decode(source)[0][:frames] if name != "nasa_13013.mp4" else decode(out)[0]
    assert decode(out)[0] == times and result.warnings == ()
    with av.open(str(source)) as container:
        tracks = len(container.streams.audio)
    for track in range(tracks):
        wanted, got = packets(source, track), packets(out, track)
        first = min(range(len(wanted)), key=lambda number: abs(wanted[number][0] - got[0][0]))
        same = wanted[first : first + len(got)]
        assert [content for _, content in got] == [content for _, content in same]
        assert max(abs(time - wanted_time) for (time, _), (wanted_time, _) in zip(got, same, strict=True)) <= A_TICK
        assert first <= 1 and abs(got[-1][0] - times[-1]) < Fraction(1, 5)


def test_the_sound_is_cut_to_what_is_shown(make_sounding, tmp_path, clear):
    source = make_sounding("in.mp4", 4)
    run(
        MovieSource(source, start=Fraction(17, 10), end=Fraction(25, 10)),
        all_zero,
        MovieSink(tmp_path / "out.mp4", clear),
    )
    got, a_packet = packets(tmp_path / "out.mp4"), Fraction(1024, RATE)
    assert set(got) <= set(packets(source))
    assert Fraction(17, 10) - a_packet <= got[0][0] <= Fraction(17, 10)
    assert Fraction(25, 10) - a_packet <= got[-1][0] < Fraction(25, 10)
    assert len(got) == round((got[-1][0] - got[0][0]) / a_packet) + 1


def shown(source, sink, frames_of):
    with sink, source:
        for frame in frames_of(list(source)):
            sink.write(frame, np.zeros(frame.image.shape[:2], np.uint8))


def test_a_movie_that_begins_again_sounds_again(make_sounding, tmp_path, clear, decode):
    source, out = make_sounding("in.mp4"), tmp_path / "out.mp4"
    shown(
        MovieSource(source),
        MovieSink(out, clear),
        lambda frames: [*frames, *(dataclasses.replace(frame, epoch=1) for frame in frames)],
    )
    once, got = [packet for packet in packets(source) if 0 <= packet[0] < 2], packets(out)
    assert len(decode(out)[0]) == 40
    again = [(time - 2, content) for time, content in got if time >= 2]
    assert abs(len(again) - len(once)) <= 2
    wanted = {content: time for time, content in once}
    assert all(abs(wanted[content] - time) < Fraction(1, 40) for time, content in again if content in wanted)
    assert sum(content in wanted for _, content in again) >= len(once) - 2


def test_movies_that_follow_each_other_sound_in_their_turn(make_sounding, tmp_path, clear):
    first, second = make_sounding("first.mp4"), make_sounding("second.mp4", 3)
    run(Chain([MovieSource(first), MovieSource(second)]), all_zero, MovieSink(tmp_path / "out.mp4", clear))
    later = {content: time for time, content in packets(second)}
    got = [(time, content) for time, content in packets(tmp_path / "out.mp4") if time >= Fraction(21, 10)]
    assert len(got) > 130 and all(time - 2 == later[content] for time, content in got)


def test_sound_of_another_kind_is_left_out_and_told_once(make_sounding, tmp_path, clear):
    first, second = make_sounding("first.mp4"), make_sounding("second.mp4", rate=32_000)
    with MovieSource(first) as one, MovieSource(second) as two, MovieSink(tmp_path / "out.mp4", clear) as sink:
        for source in (one, two):
            for frame in source:
                epoch = int(source is two)
                frame = dataclasses.replace(frame, epoch=epoch, pts=frame.pts + 2 * epoch, shift=Fraction(2 * epoch))
                sink.write(frame, np.zeros(frame.image.shape[:2], np.uint8))
    assert sink.warnings == [f"the sound of {second} is of another kind than that before; it was left out"]
    assert packets(tmp_path / "out.mp4")[-1][0] < 2


def test_sound_that_the_container_cannot_hold_is_told_and_the_pictures_go_on(make_sounding, tmp_path, clear, decode):
    source = make_sounding("in.mkv", codec="pcm_u8")
    warnings = run(MovieSource(source), all_zero, MovieSink(tmp_path / "out.mp4", clear)).warnings
    assert warnings == (f"the sound of {source} (pcm_u8) does not fit into .mp4; .mkv takes more kinds",)
    assert len(decode(tmp_path / "out.mp4")[0]) == 20


def test_a_movie_without_sound_and_pictures_from_memory_have_none(make_movie, tmp_path, clear):
    run(MovieSource(make_movie("mute.mp4")), all_zero, MovieSink(tmp_path / "a.mp4", clear))
    run(ArraySource(np.zeros((3, 32, 48, 3), np.uint8)), all_zero, MovieSink(tmp_path / "b.mp4", clear))
    assert packets(tmp_path / "a.mp4") == packets(tmp_path / "b.mp4") == []


def test_sound_can_be_left_out(make_sounding, tmp_path, clear):
    run(MovieSource(make_sounding("in.mp4")), all_zero, MovieSink(tmp_path / "out.mp4", clear, sound=False))
    assert packets(tmp_path / "out.mp4") == []


def test_each_file_of_a_stream_that_changes_its_size_has_its_share_of_the_sound(make_sounding, tmp_path, clear):
    source = make_sounding("in.mp4")
    with MovieSource(source) as movie, MovieSink(tmp_path / "out.mp4", clear) as sink:
        for frame in movie:
            image = frame.image if frame.index < 10 else frame.image[:16]
            frame: Frame = dataclasses.replace(frame, image=np.ascontiguousarray(image))
            sink.write(frame, np.zeros(frame.image.shape[:2], np.uint8))
    first, second = packets(tmp_path / "out.mp4"), packets(tmp_path / "out-2.mp4")
    assert first[-1][0] < 1 and Fraction(1) - Fraction(1024, RATE) <= second[0][0] <= 1
    assert {*first, *second} == set(packets(source)) - {packet for packet in packets(source) if packet[0] >= 2}


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_an_ordinary_player_decodes_what_was_copied(make_sounding, tmp_path, clear, name):
    run(MovieSource(make_sounding("in.mp4")), all_zero, MovieSink(tmp_path / name, clear))
    with av.open(str(tmp_path / name)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert abs(samples - 2 * RATE) <= 2 * 1024

"""Every file of the movies' folder streams right or gives the one right error, checked against ffprobe and ffmpeg."""

import json
import os
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from streams import SourceError, open_source

FOLDER = Path(os.environ.get("SEQSEG_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data") / "movies"
FILES = sorted(path.name for path in FOLDER.glob("*.*")) if FOLDER.is_dir() else []
# What ffprobe counts and a decoder that goes on after damage does not give, and what it cannot count at all.
DAMAGED = {"corrupted.mp4": 49}
PAGES = {"calcium_imaging.tif": 1000}
REFUSED = {"result.webm": "is empty"}


@pytest.fixture(scope="module")
def probe():
    """probe(path, *options) -> what ffprobe says, as JSON; skips where it is not installed."""
    program = shutil.which("ffprobe")
    if program is None:
        pytest.skip("needs ffprobe (Debian's package ffmpeg), which counts the frames independently")

    def ask(path, *options):
        command = [program, "-v", "error", "-of", "json", *options, str(path)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    return ask


def main_stream(probe, path) -> dict:
    """The stream that FFmpeg takes: of several, the one with the most pixels (here: all have a picture)."""
    streams = probe(path, "-select_streams", "v", "-show_entries", "stream=index,width,height,time_base")["streams"]
    return max(streams, key=lambda stream: stream["width"] * stream["height"])


def ffprobe_times(probe, path, stream: dict) -> list[Fraction | None]:
    """The exact time of each frame that ffprobe decodes, None where the file gives it none."""
    base = Fraction(stream["time_base"])
    entries = ("-select_streams", str(stream["index"]), "-show_entries", "frame=pts")
    frames = probe(path, *entries)["frames"]
    return [int(frame["pts"]) * base if "pts" in frame else None for frame in frames]


@pytest.mark.skipif(not FILES, reason=f"needs real data: {FOLDER} is not there; set SEQSEG_DATA")
@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(".json")] or ["none"])
def test_every_movie_gives_ffprobes_frames_at_ffprobes_times_or_the_right_error(name, probe):
    path = FOLDER / name
    if name in REFUSED:
        with pytest.raises(SourceError, match=f"{name} {REFUSED[name]}"), open_source(path):
            pass
        return
    with open_source(path) as source:
        times, sizes = [], set()
        for frame in source:
            times.append(frame.pts)
            sizes.add(frame.image.shape)
    assert len(sizes) == 1 and sizes.pop()[2] == 3
    if name in PAGES:
        assert times == [Fraction(page, 25) for page in range(PAGES[name])]
    elif name in DAMAGED:
        assert len(times) == DAMAGED[name] and source.counts["undecodable"] == 1
    else:
        expected = ffprobe_times(probe, path, main_stream(probe, path))
        assert len(times) == len(expected)
        assert None not in expected or name.endswith(".mpg")  # MPEG-PS need not give each picture a time
        assert all(pts == right for pts, right in zip(times, expected, strict=True) if right is not None)
        assert not source.counts and not source.warnings


@pytest.mark.parametrize("number", [0, 3])
def test_frames_of_both_streams_are_bit_for_bit_those_of_the_ffmpeg_command_line(shared_data, number):
    folder, name = shared_data / "movies", "nasa_13013.mp4"
    expected = json.loads((folder / f"{name}.stream{number}.all_frames_info.json").read_text())
    pictures = {
        int(path.stem[-6:]): iio.imread(path)
        for path in (folder / "expected_frames").glob(f"{name}.stream{number}.frame*.png")
    }
    assert len(pictures) >= 10
    seen = []
    with open_source(folder / name, stream=number) as source:
        for frame in source:
            seen.append(f"{float(frame.pts):.6f}")
            if frame.index in pictures:
                np.testing.assert_array_equal(frame.image, pictures.pop(frame.index))
    assert seen == [info["pts_time"] for info in expected] and not pictures


def test_a_stream_that_is_no_video_is_refused_with_those_that_are(shared_data):
    with pytest.raises(SourceError, match=r"has no video stream 1; it has 0 \(320x180\), 3 \(480x270\)"):
        with open_source(shared_data / "movies" / "nasa_13013.mp4", stream=1):
            pass


SEEKABLE = [
    "bikes.mp4",
    "cockatoo.mp4",
    "fire2.mp4",
    "flipping_a_pancake.mkv",
    "h265_video.mp4",
    "newtonscradle.gif",
    "no_duration.webm",
    "sine_stereo_mp2.mpg",
    "stub_mjpeg.avi",
    "video_90.mov",
]


@pytest.mark.parametrize("name", SEEKABLE)
def test_a_movie_entered_half_way_gives_the_frames_that_it_gives_when_read_whole(shared_data, name):
    def read(**span):
        with open_source(shared_data / "movies" / name, **span) as source:
            return [(frame.pts, frame.image[::7, ::5].copy()) for frame in source]

    whole = read()
    middle = len(whole) // 2
    start, end = (whole[place][0] - whole[0][0] for place in (middle, min(middle + 5, len(whole) - 1)))
    part, expected = read(start=start, end=end or None), whole[middle : min(middle + 5, len(whole) - 1)]
    assert [pts for pts, _ in part] == [pts for pts, _ in expected] and part
    np.testing.assert_array_equal([image for _, image in part], [image for _, image in expected])

"""What can be asked of sources, and the one line that says why it cannot be had."""

import argparse
import json

import pytest

from seqseg.cli.stream.sources import SourceOptions, add_source_options, make_source, make_sources
from seqseg.errors import ConfigError
from streams import Chain, MovieSource, Paced, Reconnecting, SceneCuts, SourceError, StandardInput

PASSWORD = "s3cr3t-pa55"


@pytest.fixture
def parse():
    """parse("--source", "x", …) -> the options as `seqseg stream` has them."""
    parser = argparse.ArgumentParser()
    add_source_options(parser)
    parser.add_argument("--show", action="store_true")
    return lambda *words: SourceOptions.of(parser.parse_args([str(word) for word in words]))


def kinds(source):
    """The wrappers of a source from the outside in."""
    found = [type(source)]
    while (source := getattr(source, "inner", None)) is not None:
        found.append(type(source))
    return found


def test_cameras_and_sources_may_be_many_and_come_in_order(parse):
    args = parse(
        "--source", "a.mp4", "--camera", 0, "--source", "rtsp://h/x", "--camera", "/dev/video2", "--source", "-"
    )
    names = [source.name for source in make_sources(args, None)]
    assert names == ["camera 0", "camera /dev/video2", "a.mp4", "rtsp://h/x", "standard input"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--source", "a.mp4"], [MovieSource]),
        (["--source", "a.mp4", "--show"], [Paced, MovieSource]),
        (["--source", "a.mp4", "--show", "--no-pace"], [MovieSource]),
        (["--source", "a.mp4", "--pace"], [Paced, MovieSource]),
        (["--source", "a.mp4", "--loop", "--on-cut", "reset"], [SceneCuts, Chain]),
        (["--source", "-"], [StandardInput]),
        (["--camera", "0", "--on-cut", "log"], [SceneCuts, Reconnecting]),
    ],
)
def test_options_wrap_the_source(parse, words, expected):
    (source,) = make_sources(parse(*words), None)
    assert kinds(source)[: len(expected)] == expected


def test_fresh_and_stale_are_how_frames_are_taken(parse):
    assert parse("--source", "x", "--fresh", "--stale", "0.2").reading == {"staleness": 0.2, "fresh": True}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to stream: give --source FILE"),
        (["--source", "-", "--source", "-"], "standard input can be read once only"),
        (["--source", "x", "--fps", "0"], "--fps must be greater than 0, got 0"),
        (["--source", "x", "--timeout", "-1"], "--timeout must be greater than 0, got -1"),
        (["--source", "x", "--stale", "nan"], "--stale must be greater than 0, got nan"),
        (
            ["--source", "x", "--retries", "-1"],
            "got -1; leave it out to retry without limit",
        ),
        (["--source", "x", "--start", "-2"], "--start must be 0 or more seconds, got -2"),
        (["--source", "x", "--start", "5", "--end", "4"], r"--end must be greater than --start \(5\), got 4"),
        (["--source", "x", "--stream", "-1"], "--stream must be 0 or more"),
        (["--source", "x", "--raw", "640x480:rgb24"], "--raw says what standard input holds; it needs --source -"),
        (["--source", "-", "--raw", "640x0:rgb24"], "--raw must be WIDTHxHEIGHT:FORMAT"),
        (["--camera", "front"], '--camera must be an index such as 0 or a device such as /dev/video0, got "front"'),
        (["--camera", "0", "--camera-size", "big"], '--camera-size must be WIDTHxHEIGHT such as 1280x720, got "big"'),
        (["--camera", "0", "--camera-format", "JPEG2"], "--camera-format must be four letters"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_opened(parse, words, message):
    with pytest.raises(ConfigError, match=message):
        parse(*words)


def test_one_source_is_made_again_without_the_others(parse, tmp_path, write_movie):
    options = parse("--source", tmp_path / "gone" / "*.mp4", "--source", write_movie(tmp_path / "a.mp4"))
    assert make_source(options, 1, None).name.endswith("a.mp4")
    with pytest.raises(SourceError, match="nothing matches"):
        make_source(options, 0, None)


@pytest.mark.parametrize("text", [f"ftp://me:{PASSWORD}@h/x.mp4", "nowhere/*.mp4"])
def test_sources_that_no_reader_takes_are_refused_without_their_password(parse, text):
    with pytest.raises(SourceError) as caught:
        make_sources(parse("--source", text), None)
    assert PASSWORD not in str(caught.value)


def test_cameras_are_listed_without_a_model(seqseg):
    with pytest.raises(SystemExit) as left:
        seqseg("stream", "--list-cameras")
    assert left.value.code == 0


def bad(tmp_path, port):
    (tmp_path / "hollow").mkdir(exist_ok=True)
    (tmp_path / "page.html").write_text("<html>")
    return {
        f"rtsp://me:***@127.0.0.1:{port}/live refuses the connection": f"rtsp://me:{PASSWORD}@127.0.0.1:{port}/live",
        f"http://127.0.0.1:{port}/x?token=*** refuses the connection": f"http://127.0.0.1:{port}/x?token={PASSWORD}",
        "gopher:// is none of rtsp": f"gopher://me:{PASSWORD}@host/x",
        "no images in": tmp_path / "hollow",
        "nothing matches": tmp_path / "hollow" / "*.png",
        "page.html is not a movie": tmp_path / "page.html",
    }


@pytest.mark.parametrize("number", range(6))
def test_a_bad_source_is_one_line_exit_code_2_and_no_password(number, seqseg, trained, tmp_path, free_port):
    message, text = list(bad(tmp_path, free_port).items())[number]
    code, printed, complaint = seqseg("stream", trained, "--source", text, "--timeout", "2")
    assert (code, printed) == (2, "") and message in complaint
    assert complaint.startswith("seqseg: error: ") and complaint.count("\n") == 1 and PASSWORD not in complaint


def test_a_beginning_after_the_end_is_one_line(seqseg, trained, tmp_path, write_movie):
    code, _, complaint = seqseg("stream", trained, "--source", write_movie(tmp_path / "a.mp4"), "--start", "60")
    assert code == 2 and "there is nothing at 60 s" in complaint and complaint.count("\n") == 1


def test_no_password_is_printed_or_written_by_a_run_that_succeeds(seqseg, trained, tmp_path, write_movie, serve_folder):
    write_movie(tmp_path / "a.mp4")
    address = f"http://me:{PASSWORD}@{serve_folder(tmp_path)}/a.mp4?token={PASSWORD}"
    report, masks = tmp_path / "report.json", tmp_path / "masks.mkv"
    code, printed, complaint = seqseg("stream", trained, "--source", address, "--report", report, "--masks", masks)
    assert code == 0 and json.loads(report.read_text())["frames"] == 7
    written = printed + complaint + "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.*"))
    assert PASSWORD not in written

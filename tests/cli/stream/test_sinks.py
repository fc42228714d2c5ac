import argparse
import re
from types import SimpleNamespace

import numpy as np
import pytest

from seqseg.cli.console.outputs import Outputs
from seqseg.cli.stream.keeping import KeepingOptions
from seqseg.cli.stream.options import StreamOptions
from seqseg.cli.stream.sinks import SinkOptions, add_sink_options, make_overlay
from seqseg.cli.stream.sources import SourceOptions
from seqseg.cli.stream.steady import SteadyOptions
from seqseg.cli.stream.streaming import StreamRun
from seqseg.errors import ConfigError


@pytest.fixture
def model():
    card = SimpleNamespace(palette=np.uint8([[0, 0, 0], [200, 0, 0]]), classes=("ground", "car"), void=255)
    return SimpleNamespace(card=card)


@pytest.fixture
def options():
    """`options("--save", "out.mp4")`: as the command would parse them."""

    def parse(*words):
        parser = argparse.ArgumentParser()
        add_sink_options(parser)
        return SinkOptions.of(parser.parse_args([str(word) for word in words]))

    return parse


@pytest.fixture
def run(options, model):
    """`run("--save", "out.mp4")`: a run with these sinks, which is never started."""

    def make(*words):
        keeping = KeepingOptions()
        rest = dict.fromkeys(("page", "vector", "max_frames", "duration", "slots", "report"))
        return StreamRun(
            StreamOptions(
                SourceOptions(), options(*words), keeping=keeping, size="trained", size_text="trained",
                on_gap="keep", steady=SteadyOptions(), json=False, **rest,
            ),
            model,
        )  # fmt: skip

    return make


def names(sink):
    return [path.name for path in sink.paths]


def test_a_single_stream_writes_to_the_given_path(run, tmp_path):
    sink = run("--save", tmp_path / "out.mp4", "--masks", tmp_path / "masks.mkv").sink_of("front", several=False)
    assert sink.paths == (tmp_path / "out.mp4", tmp_path / "masks.mkv")


def test_of_several_streams_each_has_its_name_in_its_files(run, tmp_path):
    several = run("--save", tmp_path / "out.mp4", "--masks", tmp_path / "masks")
    assert [names(several.sink_of(name)) for name in ("front", "rtsp://back/1", "front")] == [
        ["out-front.mp4", "masks-front"],
        ["out-rtsp-back-1.mp4", "masks-rtsp-back-1"],
        ["out-front-2.mp4", "masks-front-2"],
    ]


def test_two_outputs_on_one_path_are_one_line(options, tmp_path):
    (tmp_path / "x").mkdir()
    outputs = Outputs()
    options("--save", tmp_path / "out.mkv", "--masks", tmp_path / "x" / ".." / "out.mkv").claim(outputs)
    with pytest.raises(ConfigError, match="two outputs go to .*: --save and --masks; give each its own name"):
        outputs.check()


def test_every_kind_of_file_can_be_asked_for(run, tmp_path):
    words = [word for name in ("save", "masks", "rle", "areas") for word in (f"--{name}", tmp_path / f"{name}.mkv")]
    sink = run(*words, "--areas-as", "share", "--null").sink_of("front", several=False)
    assert names(sink) == ["save.mkv", "masks.mkv", "rle.mkv", "areas.mkv"]
    kinds = ["MovieSink", "MaskMovieSink", "MaskLinesSink", "AreasSink", "NullSink"]
    assert [type(each.sink).__name__ for each in sink.sinks] == kinds


def test_without_a_sink_nothing_is_kept_and_null_is_not_an_oversight(options):
    assert options().keeps_nothing and not options("--null").keeps_nothing


def test_a_stream_is_sent_on_and_shown_over_http(run, capsys):
    one = run("--mjpeg", "0", "--restream", "udp://127.0.0.1:9", "--restream", "rtmp://127.0.0.1:9/x")
    sink = one.sink_of("front", several=False)
    assert [type(each.sink).__name__ for each in sink.sinks] == ["RestreamSink", "RestreamSink", "MjpegSink"]
    with sink.sinks[2]:
        assert capsys.readouterr().err == f"  live at {one.server().url}\n"


def test_all_streams_of_a_run_share_one_server_which_ends_with_the_last(run):
    several = run("--mjpeg", "0")
    front, back = [several.sink_of(name) for name in ("front", "back")]
    server = several.server()
    with front, back:
        assert list(server.channels) == ["front", "back"]
    assert server.closed and several.server() is not server
    several.server().close()


def test_several_streams_cannot_be_sent_to_one_address(run):
    with pytest.raises(ConfigError, match="--restream sends one stream; run seqseg once for each"):
        run("--restream", "udp://127.0.0.1:9").sink_of("front")


def test_an_address_for_mjpeg_that_is_invalid_is_one_line(options):
    with pytest.raises(ConfigError, match=r"--mjpeg: an address must be \[HOST:\]PORT such as 8090"):
        options("--mjpeg", "http://x:80")


def test_options_choose_how_it_is_drawn(options, model):
    words = ("--opacity", "0.25", "--only", "car", "--side-by-side", "--contours", "--legend", "areas")
    overlay = make_overlay(options(*words).look, model.card)
    assert (overlay.alpha, overlay.view, overlay.contours) == (0.25, "side_by_side", True)
    picture = np.full((8, 8, 3), 200, np.uint8)
    assert (overlay.draw(picture, np.zeros((8, 8), np.uint8)) == 200).all()
    assert make_overlay(options("--legend", "none", "--mask-only").look, model.card).legend is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--opacity", "2"], "--opacity must be between 0 and 1, got 2"),
        (["--only", "ca"], '--only: there is no class "ca"; did you mean "car"?'),
        (["--only", "car,boat"], '--only: there is no class "boat"; the classes are ground, car'),
    ],
)
def test_a_look_that_cannot_be_is_one_line(options, model, words, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make_overlay(options(*words).look, model.card)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--save", "out.webm"],
            "out.webm cannot be written as .webm; it must end in .mp4, .m4v, .mov, .mkv, .png, .jpg or .jpeg",
        ),
        (["--masks", "out.mp4"], r"--masks out.mp4 cannot be written as .mp4; it must end in .mkv, or be"),
        (["--areas", "out.xlsx"], r"--areas out.xlsx cannot be written as .xlsx; it must end in .csv or .txt"),
        (["--rle", "out.csv"], r"--rle out.csv cannot be written as .csv; it must end in .jsonl"),
    ],
)
def test_a_kind_of_file_that_cannot_be_written_is_refused_with_those_that_can(options, words, message):
    with pytest.raises(ConfigError, match=message):
        options(*words).claim(Outputs())


def test_a_folder_of_masks_may_have_a_dot_in_its_name(options, tmp_path):
    outputs = Outputs()
    options("--masks", tmp_path / "2024.11.30").claim(outputs)
    outputs.check()
    assert not list(tmp_path.iterdir())

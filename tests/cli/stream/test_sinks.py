import argparse
import re
from types import SimpleNamespace

import numpy as np
import pytest

from seqseg.cli.stream.sinks import add_sink_options, keeps_nothing, make_overlay, make_sink
from seqseg.errors import ConfigError


@pytest.fixture
def model():
    """What make_sink wants to know of a model."""
    card = SimpleNamespace(palette=np.uint8([[0, 0, 0], [200, 0, 0]]), classes=["ground", "car"], void=255)
    return SimpleNamespace(card=card)


@pytest.fixture
def options():
    """`options("--save", "out.mp4")`: as the command would parse them."""

    def parse(*words):
        parser = argparse.ArgumentParser()
        add_sink_options(parser)
        return parser.parse_args([str(word) for word in words])

    return parse


def names(sink):
    return [path.name for path in sink.paths]


def test_a_single_stream_writes_where_it_is_told(options, model, tmp_path):
    args = options("--save", tmp_path / "out.mp4", "--masks", tmp_path / "masks.mkv")
    assert make_sink(args, model, name="front").paths == (tmp_path / "out.mp4", tmp_path / "masks.mkv")


def test_of_several_streams_each_has_its_name_in_its_files(options, model, tmp_path):
    args = options("--save", tmp_path / "out.mp4", "--masks", tmp_path / "masks")
    written = [names(make_sink(args, model, name=name, several=True)) for name in ("front", "rtsp://back/1", "front")]
    assert written == [
        ["out-front.mp4", "masks-front"],
        ["out-rtsp-back-1.mp4", "masks-rtsp-back-1"],
        ["out-front-2.mp4", "masks-front-2"],
    ]


def test_two_outputs_on_one_path_are_one_line(options, model, tmp_path):
    args = options("--save", tmp_path / "out.mkv", "--masks", tmp_path / "x" / ".." / "out.mkv")
    with pytest.raises(ConfigError, match="two outputs go to .*; give each a name of its own"):
        make_sink(args, model)


def test_every_kind_of_file_can_be_asked_for(options, model, tmp_path):
    words = [word for name in ("save", "masks", "rle", "areas") for word in (f"--{name}", tmp_path / f"{name}.mkv")]
    sink = make_sink(options(*words, "--areas-as", "share", "--null"), model)
    assert names(sink) == ["save.mkv", "masks.mkv", "rle.mkv", "areas.mkv"]
    kinds = ["MovieSink", "MaskMovieSink", "MaskLinesSink", "AreasSink", "NullSink"]
    assert [type(each.sink).__name__ for each in sink.sinks] == kinds


def test_without_a_sink_nothing_is_kept_and_null_is_not_an_oversight(options):
    assert keeps_nothing(options()) and not keeps_nothing(options("--null"))


def test_a_stream_is_sent_on_and_shown_over_http(options, model, capsys):
    args = options("--mjpeg", "0", "--restream", "udp://127.0.0.1:9", "--restream", "rtmp://127.0.0.1:9/x")
    sink = make_sink(args, model, name="front")
    assert [type(each.sink).__name__ for each in sink.sinks] == ["RestreamSink", "RestreamSink", "MjpegSink"]
    with sink.sinks[2]:
        assert capsys.readouterr().err == f"  live at {args.mjpeg_server.url}\n"


def test_all_streams_of_a_run_share_one_page(options, model):
    args = options("--mjpeg", "0")
    sinks = [make_sink(args, model, name=name, several=True) for name in ("front", "back")]
    assert list(args.mjpeg_server.channels) == ["front", "back"]
    for sink in sinks:
        with sink:
            pass
    assert args.mjpeg_server.closed


def test_several_streams_cannot_be_sent_to_one_address(options, model):
    with pytest.raises(ConfigError, match="--restream sends one stream; run seqseg once for each"):
        make_sink(options("--restream", "udp://127.0.0.1:9"), model, name="front", several=True)


def test_how_it_is_drawn_is_told_by_options(options, model):
    words = ("--opacity", "0.25", "--only", "car", "--side-by-side", "--contours", "--legend", "areas")
    overlay = make_overlay(options(*words), model.card)
    assert (overlay.alpha, overlay.view, overlay.contours) == (0.25, "side_by_side", True)
    picture = np.full((8, 8, 3), 200, np.uint8)
    assert (overlay.draw(picture, np.zeros((8, 8), np.uint8)) == 200).all()
    assert make_overlay(options("--legend", "none", "--mask-only"), model.card).legend is None


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
        make_sink(options(*words), model)

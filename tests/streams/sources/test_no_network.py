"""Every way in which there is no network stream: refused, silent, gone."""

import threading
import time
import traceback

import av
import numpy as np
import pytest

from streams import NetworkSource, Prefetch, Reconnecting, SourceError
from tests.streams.sources.serving import PICTURES, read, send_mjpeg

STATUS = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("scheme", "reply", "reason"),
    [
        ("http", STATUS % b"401 Unauthorized", r"asks for a user and a password \(401\)"),
        ("http", STATUS % b"403 Forbidden", r"is forbidden \(403\)"),
        ("http", STATUS % b"404 Not Found", r"does not exist on that server \(404\)"),
        ("http", STATUS % b"503 Busy", r"cannot be served \(5xx\)"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>hi</body></html>", "not with a video"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "not with a video"),
        ("tcp", b"hello, this is no video at all\n" * 100, "not with a video"),
        ("rtsp", b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n", r"asks for a user and a password \(401\)"),
        ("rtsp", b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n", r"does not exist on that server \(404\)"),
        ("http", None, "does not answer within 0.5 s"),
        ("rtsp", None, "does not answer within 0.5 s"),
    ],
)
def test_a_server_without_a_video_is_named_in_one_line_without_the_password(answer_raw, scheme, reply, reason, capfd):
    address = f"{scheme}://admin:s3cr3t@127.0.0.1:{answer_raw(reply, asked=scheme != 'tcp')}/live"
    start = time.monotonic()
    with pytest.raises(SourceError, match=rf"{scheme}://admin:\*\*\*@127.0.0.1:\d+/live .*{reason}") as caught:
        with NetworkSource(address, timeout=0.5):
            pass
    assert time.monotonic() - start < 5
    assert "\n" not in str(caught.value)
    everything = "".join(traceback.format_exception(caught.value)) + "".join(map(repr, chain_of(caught.value)))
    assert "s3cr3t" not in everything + "".join(capfd.readouterr())


def chain_of(error):
    """The error and all those behind it, hidden ones as well."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("scheme", ["http", "rtsp", "tcp", "rtmp"])
def test_a_port_where_no_one_listens_is_named(free_port, scheme):
    with pytest.raises(SourceError, match=rf"127.0.0.1:{free_port}/x refuses the connection; is the server running"):
        with NetworkSource(f"{scheme}://127.0.0.1:{free_port}/x", timeout=2):
            pass


def test_a_host_that_no_one_knows_is_named():
    def fails(*_, **__):
        raise av.error.OSError(5, "Input/output error", "rtsp://admin:s3cr3t@nowhere/live")

    def unknown(host, port):
        raise OSError("Name or service not known")

    source = NetworkSource("rtsp://admin:s3cr3t@nowhere/live", opener=fails, resolver=unknown)
    with pytest.raises(SourceError, match="no such host nowhere; check the name and the network") as caught, source:
        pass
    assert [error for error in chain_of(caught.value) if "s3cr3t" in repr(error)] == []


def test_a_stream_that_falls_silent_is_lost_in_time(serve):
    silent = threading.Event()

    def answer(handler):
        send_mjpeg(handler, PICTURES)
        silent.wait(20)

    start = time.monotonic()
    try:
        with pytest.raises(SourceError, match="has sent nothing for 0.5 s"):
            read(NetworkSource(f"http://{serve(answer)}/", timeout=0.5))
        assert time.monotonic() - start < 5
    finally:
        silent.set()


def test_sound_that_goes_on_does_not_hide_a_picture_that_is_still(tmp_path):
    path = tmp_path / "stuck.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.height, video.width, video.pix_fmt = 48, 64, "yuv420p"
        audio = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        container.mux(video.encode(av.VideoFrame.from_ndarray(PICTURES[3]).reformat(format="yuv420p")))
        container.mux(video.encode(None))
        for number in range(200):
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 80), np.int16), format="s16", layout="mono")
            sound.sample_rate, sound.pts = 8000, number * 80
            container.mux(audio.encode(sound))

    class Slowly:
        """A connection without an end, whose sound comes in real time."""

        duration = None
        size = 0

        def __init__(self, container):
            self.container = container

        def __getattr__(self, name):
            return getattr(self.container, name)

        def demux(self):
            for packet in self.container.demux():
                time.sleep(0.02 if packet.stream.type == "audio" else 0)
                yield packet

    source = NetworkSource("tcp://camera:1", timeout=0.1, opener=lambda *_, **__: Slowly(av.open(path)))
    with pytest.raises(SourceError, match=r"has sent no picture for 0\.\d s"):
        read(source)


def test_closing_a_silent_connection_through_a_prefetch_does_not_hang(serve):
    silent = threading.Event()

    def answer(handler):
        send_mjpeg(handler, PICTURES[:10])
        silent.wait(20)

    source = Prefetch(Reconnecting(NetworkSource(f"http://{serve(answer)}/", timeout=1)))
    with source:
        next(iter(source))
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert not any("does not answer" in warning for warning in source.warnings)
    silent.set()

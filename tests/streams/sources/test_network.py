"""Every kind of network stream from a server on loopback, and every way in which there is none."""

import threading
import time
import traceback
from fractions import Fraction
from itertools import count, pairwise

import av
import cv2
import numpy as np
import pytest

from streams import NetworkSource, Prefetch, Reconnecting, SourceError

PICTURES = [np.full((48, 64, 3), shade, np.uint8) for shade in range(0, 250, 10)]


def jpeg(image) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


def send_mjpeg(handler, pictures, pause=0.0):
    """What IP cameras send: pictures without end, each a part of its own."""
    handler.send_response(200)
    handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
    handler.end_headers()
    for picture in pictures:
        data = jpeg(picture)
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        handler.wfile.write(head.encode() + data + b"\r\n")
        time.sleep(pause)


def send_file(handler, folder):
    """A file of the folder, with ranges, as web servers do."""
    path = folder / handler.path.partition("?")[0].lstrip("/")
    if not path.is_file():
        handler.send_error(404)
        return
    data = path.read_bytes()
    first = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
    handler.send_response(206 if "Range" in handler.headers else 200)
    handler.send_header("Accept-Ranges", "bytes")
    handler.send_header("Content-Length", str(len(data) - first))
    handler.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
    handler.end_headers()
    handler.wfile.write(data[first:])


def read(source, count=None):
    frames = []
    with source:
        for frame in source:
            frames.append(frame)
            if len(frames) == count:
                break
    return frames


def test_mjpeg_over_http_gives_every_picture_at_the_time_it_came(serve):
    address = serve(lambda handler: send_mjpeg(handler, PICTURES, pause=0.01))
    source = NetworkSource(f"http://{address}/video")
    frames = []
    with pytest.raises(SourceError, match="has ended the connection"), source:
        assert source.live and source.size == (48, 64)
        for frame in source:
            frames.append(frame)
    assert [round(frame.image.mean() / 10) * 10 for frame in frames] == list(range(0, 250, 10))
    assert frames[0].pts == 0 and all(one.pts < two.pts for one, two in pairwise(frames))
    span = frames[-1].captured - frames[0].captured
    assert float(frames[-1].pts) == pytest.approx(span, abs=1e-4)


def test_a_camera_that_changes_its_size_begins_a_new_epoch(serve):
    pictures = [*PICTURES[:4], *(np.zeros((64, 48, 3), np.uint8),) * 3]
    address = serve(lambda handler: send_mjpeg(handler, pictures))
    frames = read(NetworkSource(f"http://{address}/"), 7)
    assert [(frame.epoch, frame.image.shape[:2]) for frame in frames] == [(0, (48, 64))] * 4 + [(1, (64, 48))] * 3


def test_an_mjpeg_server_that_goes_away_is_found_again(serve):
    visits = []

    def answer(handler):
        visits.append(1)
        send_mjpeg(handler, PICTURES[:5])

    source = Reconnecting(NetworkSource(f"http://{serve(answer)}/"), wait=lambda seconds: False)
    frames = read(source, 12)
    assert [frame.epoch for frame in frames] == [0] * 5 + [1] * 5 + [2] * 2 and len(visits) >= 3
    assert all(one.pts < two.pts for one, two in pairwise(frames))


def test_a_movie_on_a_server_is_read_like_the_file_and_ends(serve, tmp_path, make_movie, decode):
    path = make_movie("movie.mp4", range(30))
    address = serve(lambda handler: send_file(handler, tmp_path))
    source = Reconnecting(NetworkSource(f"http://{address}/movie.mp4"))
    frames = read(source)
    times, images = decode(path)
    assert [frame.pts for frame in frames] == times and not source.live
    np.testing.assert_array_equal([frame.image for frame in frames], images)


def test_a_movie_on_a_server_begins_and_ends_where_it_is_told(serve, tmp_path, make_movie):
    make_movie("movie.mp4", range(30))
    address = serve(lambda handler: send_file(handler, tmp_path))
    frames = read(NetworkSource(f"http://{address}/movie.mp4", start=0.4, end=0.8))
    assert [frame.pts for frame in frames] == [Fraction(tick, 25) for tick in range(10, 20)]


def write_hls(folder, *, ended):
    """A playlist of two segments, of a recording or of a stream that goes on."""
    options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": str(folder / "part%d.ts")}
    with av.open(str(folder / "live.m3u8"), "w", format="hls", options=options) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt, stream.codec_context.gop_size = 48, 64, "yuv420p", 25
        for picture in PICTURES * 2:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture).reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    if not ended:
        text = (folder / "live.m3u8").read_text()
        (folder / "live.m3u8").write_text(text.replace("#EXT-X-ENDLIST", ""))


def test_a_playlist_that_ends_is_not_live(serve, tmp_path):
    write_hls(tmp_path, ended=True)
    source = NetworkSource(f"http://{serve(lambda handler: send_file(handler, tmp_path))}/live.m3u8")
    frames = read(source)
    assert len(frames) == 50 and not source.live
    assert {two.pts - one.pts for one, two in pairwise(frames)} == {Fraction(1, 25)}


def test_a_playlist_without_an_end_is_live(serve, tmp_path):
    write_hls(tmp_path, ended=False)
    source = NetworkSource(f"http://{serve(lambda handler: send_file(handler, tmp_path))}/live.m3u8")
    frames = read(source, 40)
    assert source.live and len(frames) == 40
    assert {two.pts - one.pts for one, two in pairwise(frames)} == {Fraction(1, 25)}


def test_a_playlist_cannot_lead_to_the_files_of_this_machine(serve, tmp_path, make_movie):
    secret = make_movie("secret.ts", pixel_format="yuv420p")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/vnd.apple.mpegurl")
        handler.end_headers()
        handler.wfile.write(playlist.encode())

    with pytest.raises(SourceError), NetworkSource(f"http://{serve(answer)}/x.m3u8"):
        pass


def test_mpegts_over_udp_gives_the_times_that_were_sent(free_port):
    address, over = f"udp://127.0.0.1:{free_port}", threading.Event()

    def send():
        with av.open(f"{address}?pkt_size=1316", "w", format="mpegts") as container:
            stream = container.add_stream("mpeg2video", rate=25)
            stream.height, stream.width, stream.pix_fmt, stream.codec_context.gop_size = 48, 64, "yuv420p", 5
            for tick in count():
                if over.wait(0.01):
                    return
                picture = av.VideoFrame.from_ndarray(PICTURES[tick % 25]).reformat(format="yuv420p")
                picture.pts = tick
                container.mux(stream.encode(picture))

    sender = threading.Thread(target=send, name="udp sender")
    sender.start()
    try:
        frames = read(NetworkSource(address), 20)
    finally:
        over.set()
        sender.join()
    assert {two.pts - one.pts for one, two in pairwise(frames)} == {Fraction(1, 25)}


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
def test_a_port_where_nobody_listens_is_named(free_port, scheme):
    with pytest.raises(SourceError, match=rf"127.0.0.1:{free_port}/x refuses the connection; is the server running"):
        with NetworkSource(f"{scheme}://127.0.0.1:{free_port}/x", timeout=2):
            pass


def test_a_host_that_nobody_knows_is_named():
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


def test_sound_that_goes_on_does_not_hide_a_picture_that_stands_still(tmp_path):
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


def test_it_talks_of_connecting_without_the_password(serve):
    events = []
    source = NetworkSource(f"http://me:s3cr3t@{serve(lambda handler: send_mjpeg(handler, PICTURES))}/?token=abc123")
    source.watch(events.append)
    frames = read(source, 2)
    assert [event.kind for event in events] == ["connecting", "connected"]
    assert not any("s3cr3t" in repr(thing) or "abc123" in repr(thing) for thing in [*events, source.name])
    assert "s3cr3t" not in frames[0].source


def test_times_of_a_live_clock_that_jumps_go_on_in_a_new_epoch():
    from streams.sources.reading.decoder import Timeline

    class Stream:
        time_base, guessed_rate = Fraction(1, 1000), 25

    class Picture:
        def __init__(self, pts):
            self.pts = pts

    timeline, times = Timeline(Stream()), []
    given = [5000, 5040, 10, 50, 90, 9_000_000, 9_000_040, None, 9_000_120]
    for pts, now in zip(given, (n * 0.04 for n in range(9)), strict=True):
        times.append(timeline.time_of(Picture(pts), now))
    assert times == [Fraction(5000 + 40 * n, 1000) for n in range(9)]
    assert (timeline.jumps, timeline.repaired) == (2, 3)

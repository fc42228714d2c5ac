"""Every kind of network stream from a server on loopback."""

import threading
from fractions import Fraction
from itertools import count, pairwise

import av
import numpy as np
import pytest

from streams import NetworkSource, Reconnecting, SourceError
from tests.streams.sources.serving import PICTURES, read, send_file, send_mjpeg


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


def test_a_movie_on_a_server_begins_and_ends_where_it_is_reported(serve, tmp_path, make_movie):
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

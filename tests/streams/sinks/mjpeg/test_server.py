import http.client
import socket
import threading
import time
from fractions import Fraction

import cv2
import numpy as np
import pytest

from streams import Background, Frame, MjpegSink, Overlay, SinkError
from streams.pending_connections import MOST
from streams.sinks.mjpeg import MjpegServer, open_server
from streams.sinks.mjpeg.server import VIEWERS
from tests.streams.dripping import is_cut_while_it_drips

OVERLAY = Overlay(np.uint8([[0, 0, 0], [0, 0, 200]]), ["ground", "car"], legend=False)
SOON = 10


@pytest.fixture
def server():
    return MjpegServer(("127.0.0.1", 0))


class Showing:
    """A sink that is fed with pictures, each brighter than the last, until the test is over."""

    def __init__(self, server, name="live", pictures=None):
        self.pictures = pictures or (lambda index: np.full((32, 48, 3), index % 200, np.uint8))
        self.sink = Background(MjpegSink(server, OVERLAY, name=name), keep="newest")
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.feed)

    def feed(self):
        index = 0
        while not self.over.wait(0.005):
            image = self.pictures(index)
            self.sink.write(Frame(image, Fraction(index), index), np.ones(image.shape[:2], np.uint8))
            index += 1

    def __enter__(self):
        self.sink.__enter__()
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join()
        self.sink.__exit__(*error)


def get(server, path="/", method="GET", **headers):
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=SOON)
    connection.request(method, path, headers=headers)
    return connection.getresponse()


def pictures(response, count):
    found = []
    while len(found) < count:
        length = 0
        while (line := response.fp.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        if length:
            found.append(cv2.imdecode(np.frombuffer(response.fp.read(length), np.uint8), cv2.IMREAD_COLOR_RGB))
    return found


def test_a_browser_gets_one_picture_after_the_other_in_rgb(server):
    with Showing(server):
        response = get(server, "/live.mjpg")
        assert response.getheader("Content-Type") == "multipart/x-mixed-replace; boundary=frame"
        shown = pictures(response, 5)
        response.close()
    assert [picture.shape for picture in shown] == [(32, 48, 3)] * 5
    means = [picture.mean(axis=(0, 1)) for picture in shown]
    assert all(mean[2] > mean[0] + 50 for mean in means)  # the overlay is blue
    assert means == sorted(means, key=lambda mean: mean[0])


def test_opencv_reads_the_stream(server):
    with Showing(server):
        capture = cv2.VideoCapture(f"http://127.0.0.1:{server.server_address[1]}/live.mjpg")
        read, picture = capture.read()
        capture.release()
    assert read and picture.shape == (32, 48, 3)


def test_a_snapshot_is_the_newest_picture(server):
    with Showing(server):
        response = get(server, "/live.jpg")
        assert (response.status, response.getheader("Content-Type")) == (200, "image/jpeg")
        assert cv2.imdecode(np.frombuffer(response.read(), np.uint8), cv2.IMREAD_COLOR).shape == (32, 48, 3)


def test_nothing_is_drawn_while_no_one_looks(server):
    with Showing(server) as showing:
        time.sleep(0.1)
        assert "draw" not in showing.sink.meter.report()["stages_ms"]


def test_several_streams_share_a_server_and_a_page(server):
    with Showing(server, "front door"), Showing(server, "<b>"):
        page = get(server).read().decode()
        assert '<img src="/front%20door.mjpg"' in page and "&lt;b&gt;" in page and "<b>" not in page
        assert get(server, "/front%20door.jpg").status == 200


def test_two_streams_of_one_name_are_refused_when_the_second_is_opened(server):
    with (
        MjpegSink(server, OVERLAY, name="a"),
        pytest.raises(SinkError, match="two streams are called a"),
        MjpegSink(server, OVERLAY, name="a"),
    ):
        pass


def test_a_stream_that_never_opened_takes_no_name(server):
    MjpegSink(server, OVERLAY, name="live").close()
    assert not server.channels
    with Showing(server):
        assert get(server, "/live.jpg").status == 200


def test_a_server_whose_streams_never_opened_frees_its_port():
    with open_server("0") as server:
        MjpegSink(server, OVERLAY)
    assert server.closed
    with open_server(str(server.server_address[1])):
        pass


def test_when_the_last_stream_ends_so_do_the_viewers_and_the_server(server):
    with Showing(server):
        response = get(server, "/live.mjpg")
        pictures(response, 1)
    while response.fp.read(65536):
        pass
    assert server.closed
    with pytest.raises(OSError):
        get(server)


def test_a_page_elsewhere_cannot_lead_a_browser_here_by_another_name(server):
    with Showing(server):
        assert get(server, Host="evil.example").status == 403
        assert get(server, "/live.jpg", Host="evil.example:8090").status == 403
        assert get(server, Host="localhost:8090").status == 200


def test_other_paths_and_methods_are_refused(server):
    with Showing(server):
        assert get(server, "/../../etc/passwd").status == 404
        assert get(server, "/live.mjpg/..%2f").status == 404
        assert get(server, "/", method="POST").status == 501


def test_with_a_token_no_one_without_it_sees_anything():
    server = MjpegServer(("127.0.0.1", 0), "s3cret")
    with Showing(server):
        assert [get(server, path).status for path in ("/", "/live.jpg", "/live.jpg?token=S3cret")] == [403] * 3
        assert get(server, "/live.jpg?token=s3cret").status == 200
        assert get(server, "/live.jpg", Authorization="Bearer s3cret").status == 200
        assert "/live.mjpg?token=s3cret" in get(server, "/?token=s3cret").read().decode()


def test_an_address_that_others_can_reach_gets_a_token():
    with open_server("0.0.0.0:0") as server:
        assert len(server.token) >= 20 and server.url.endswith(f"?token={server.token}")
    with open_server("0.0.0.0:0", token="mine") as server:
        assert server.token == "mine"
    with open_server("0") as server:
        assert server.token is None and server.server_address[0] == "127.0.0.1"


def test_the_address_is_told_when_it_can_be_used(server):
    announced = []
    server.announce = announced.append
    with Showing(server):
        assert announced == [f"http://127.0.0.1:{server.server_address[1]}/"]


def test_more_viewers_than_there_is_room_for_are_sent_away(server):
    with Showing(server):
        watching = [get(server, "/live.mjpg") for _ in range(VIEWERS)]
        assert get(server, "/live.jpg").status == 503
        watching[0].close()
        end = time.monotonic() + SOON
        while (status := get(server, "/live.jpg").status) != 200 and time.monotonic() < end:
            time.sleep(0.02)
        assert status == 200
        for response in watching[1:]:
            response.close()


def test_a_viewer_that_takes_nothing_delays_no_one_and_is_disconnected():
    server = MjpegServer(("127.0.0.1", 0), stalled=0.3)
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    with Showing(server, pictures=lambda index: noise):
        stuck = socket.create_connection(server.server_address[:2])
        stuck.sendall(b"GET /live.mjpg HTTP/1.0\r\nHost: localhost\r\n\r\n")
        response = get(server, "/live.mjpg")
        channel, end = server.channels["live"], time.monotonic() + SOON
        while channel.watchers < 2 and time.monotonic() < end:
            time.sleep(0.01)
        while channel.watchers > 1 and time.monotonic() < end:
            assert len(pictures(response, 1)) == 1
        assert channel.watchers == 1
        response.close()
        stuck.close()


def test_a_port_that_is_taken_is_one_line(server):
    with (
        server,
        pytest.raises(SinkError, match=r"cannot be served at 127\.0\.0\.1:\d+: Address already in use; choose another"),
    ):
        open_server(str(server.server_address[1]))


def half_open(server, head=b"GET / HTTP/1.1\r\nHost: x\r\n"):
    connection = socket.create_connection(server.server_address[:2], SOON)
    connection.sendall(head)
    return connection


def is_cut(connection):
    connection.settimeout(SOON)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_connections_without_the_token_do_not_take_the_places_of_viewers_and_the_oldest_are_closed(caplog):
    with MjpegServer(("127.0.0.1", 0), "right", head_seconds=60) as server, Showing(server):
        clients = [half_open(server) for _ in range(MOST + 20)]
        assert all(is_cut(connection) for connection in clients[:20])
        assert get(server, Authorization="Bearer right").status == 200
        assert get(server, Authorization="Bearer wrong").status == 403
        for connection in clients:
            connection.close()
    assert len(caplog.records) == 1 and "the oldest are closed" in caplog.records[0].getMessage()


def test_a_request_that_comes_byte_by_byte_is_cut_off_at_its_deadline():
    with MjpegServer(("127.0.0.1", 0), "right", head_seconds=0.4) as server, Showing(server):
        connection = half_open(server, b"GET / HTTP/1.1\r\nX: ")
        cut = is_cut_while_it_drips(connection, within=SOON)
        connection.close()
        assert cut


@pytest.mark.parametrize("host", ["[::1].evil.com", "[::1", "localhost@evil.com", "127.0.0.1.evil.com", ""])
def test_a_host_that_only_looks_like_this_machine_is_refused(server, host):
    with Showing(server):
        assert get(server, Host=host).status == 403


def test_an_address_that_cannot_be_read_is_a_400(server):
    with Showing(server):
        connection = half_open(server, b"GET http://[::1/live.jpg HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 400 " in connection.recv(100)
        connection.close()

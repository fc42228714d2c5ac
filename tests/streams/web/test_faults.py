"""Viewers and cameras that go away, or stop, in the middle of everything."""

import socket
import struct
import time
from contextlib import ExitStack

import numpy as np

from tests.streams.web.asking import jpeg_message, look, next_picture
from tests.streams.web.conftest import SOON, picture, serving


def shake_hands(served, path):
    """A WebSocket of bare bytes, so that it can break off anywhere."""
    plain = socket.create_connection(("127.0.0.1", served.page.port), SOON)
    host = f"127.0.0.1:{served.page.port}"
    lines = ["Upgrade: websocket", "Connection: Upgrade", f"Origin: http://{host}", "Sec-WebSocket-Version: 13"]
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    plain.sendall("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines, key, "", ""]).encode())
    assert plain.recv(12) == b"HTTP/1.1 101"
    return plain


def test_a_viewer_that_asks_for_pictures_and_reads_none_delays_no_one_and_the_page_ends():
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    asks = b'{"drawn": 1}'
    asks = bytes([0x81, 0x80 | len(asks), 0, 0, 0, 0]) + asks
    with ExitStack() as later:
        with serving() as served:
            deaf = later.enter_context(shake_hands(served, "/api/view"))
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with look(served, max_size=None) as viewer:
                for number in range(20):
                    served.feed(np.roll(noise, number, axis=0))
                    deaf.sendall(asks)
                    while next_picture(viewer)[0]["index"] < number:
                        viewer.send('{"drawn": 1}')
                    viewer.send('{"drawn": 1}')
            ending = time.monotonic()
        assert time.monotonic() - ending < 5


def test_a_camera_whose_socket_breaks_in_the_middle_of_a_message_ends_its_stream_alone(served):
    before = len(served.engine.streams)
    camera = shake_hands(served, "/api/camera")
    while len(served.engine.streams) == before:
        served.engine._wake.wait(0.01)
    stream = served.engine.streams[-1]
    message = jpeg_message(picture())
    half = struct.pack(">BBH", 0x82, 0x80 | 126, len(message)) + bytes(4) + message[: len(message) // 2]
    camera.sendall(half)
    camera.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a cable that is pulled
    camera.close()
    deadline = time.monotonic() + 5
    while not stream.closed and time.monotonic() < deadline:
        served.engine._wake.wait(0.01)
    assert stream.closed and stream.frames == 0
    served.feed()

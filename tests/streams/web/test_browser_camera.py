"""A browser's camera, played by a program."""

import json
import struct
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from tests.streams.web.asking import jpeg_message, look, next_picture
from tests.streams.web.conftest import SOON, picture


def test_a_browsers_camera_becomes_a_stream_and_ends_with_its_socket(served):
    with look(served) as viewer, look(served, "/api/camera") as camera:
        attached = json.loads(camera.recv(SOON))
        camera.send(jpeg_message(picture()))
        assert json.loads(camera.recv(SOON)) == {"type": "taken"}
        header, _, _ = next_picture(viewer)
        assert header["stream"] == attached["stream"]
        assert header["areas"] == pytest.approx([30 / 61, 31 / 61], abs=1e-3)
    stream = served.page.stream(attached["stream"])
    while stream.open:
        served.engine._wake.wait(0.01)
    assert stream.status == "ended"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"short", "8 bytes of time and a JPEG"),
        (struct.pack(">d", 0.0) + b"\x89PNG" + bytes(50), "no JPEG"),
        (struct.pack(">d", float("nan")) + b"\xff\xd8" + bytes(50), "seconds"),
        ("text", "8 bytes of time and a JPEG"),
        (bytes(3 * 2**20), "at most 2 MiB"),
    ],
)
def test_a_camera_that_sends_something_else_is_closed_with_the_reason(served, message, reason):
    with look(served, "/api/camera") as camera:
        camera.recv(SOON)
        camera.send(message)
        with pytest.raises(ConnectionClosed, match=reason):
            camera.recv(SOON)


def test_a_message_that_is_too_large_is_not_taken(served):
    with look(served, "/api/camera") as camera:
        camera.recv(SOON)
        with pytest.raises(ConnectionClosed) as closed:
            camera.send(bytes(3 * 2**20))
            camera.recv(SOON)
        assert closed.value.rcvd.code == 1009


def test_a_message_without_end_is_cut_off(served):
    with look(served, "/api/camera") as camera:
        attached = json.loads(camera.recv(SOON))
        with pytest.raises(ConnectionClosed):
            camera.send(bytes(9 * 2**20))
            camera.recv(SOON)
    served.settle(lambda: served.page.stream(attached["stream"]).status == "ended")


def test_there_is_room_for_four_cameras(served):
    with ExitStack() as cameras:
        for _ in range(4):
            cameras.enter_context(look(served, "/api/camera")).recv(SOON)
        one_more = cameras.enter_context(look(served, "/api/camera"))
        with pytest.raises(ConnectionClosed, match="4 cameras are taken"):
            one_more.recv(SOON)

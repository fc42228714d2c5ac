"""The page's server, asked as a program asks it."""

import io
import json
import time
from socket import IPPROTO_TCP, TCP_NODELAY

import numpy as np
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed

from streams.errors import StreamError
from streams.overlay import Overlay
from streams.sources.array import ArraySource
from tests.streams.web.asking import ask, look, next_picture, told
from tests.streams.web.conftest import LOOKS, SOON, picture, serving


def test_a_picture_does_not_wait_for_what_was_sent_before_to_be_acknowledged(served):
    with look(served) as socket:
        assert json.loads(socket.recv(SOON))["type"] == "hello"
        (connection,) = served.page._served[0].server_state.connections
        sends_at_once = connection.transport.get_extra_info("socket").getsockopt(IPPROTO_TCP, TCP_NODELAY)
    assert sends_at_once


def test_the_page_and_its_files_are_there_with_careful_headers(served):
    for path in ("/", "/docs", "/page.js", "/card.js", "/painter.js", "/camera.js", "/page.css", "/icon.svg"):
        status, body, headers = ask(served, path)
        assert status == 200 and body
        assert "default-src 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/../page.py", "/static/page.js", "/%2e%2e/page.py", "/etc/passwd", "/api/streams/1/x.png"]
)
def test_there_is_nothing_else(served, path):
    assert ask(served, path)[0] == 404


def test_streams_are_told_with_their_classes(served):
    served.feed()
    status, facts = told(served, "/api/streams")
    assert status == 200
    assert [(stream["name"], stream["frames"]) for stream in facts["streams"]] == [("pushed", 1)]
    assert [entry["name"] for entry in facts["classes"]] == ["dark", "bright"]


def test_a_viewer_gets_the_mask_that_was_made(served):
    with look(served) as socket:
        assert json.loads(socket.recv(SOON))["type"] == "hello"
        served.feed()
        header, _, _ = next_picture(socket)
        assert header["stream"] == served.stream.id
        assert header["areas"] == pytest.approx([30 / 61, 31 / 61], abs=1e-4)


def test_who_comes_late_sees_the_last_picture(served):
    served.feed()
    served.page.hub.latest(served.stream.id)
    with look(served) as socket:
        assert next_picture(socket)[0]["index"] == 0


def test_no_more_than_two_pictures_are_on_their_way_and_then_the_newest(served):
    with look(served) as socket:
        served.feed()
        assert next_picture(socket)[0]["index"] == 0
        served.feed()
        assert next_picture(socket)[0]["index"] == 1
        for _ in range(5):
            served.feed()
        while (latest := served.page.hub.latest(served.stream.id)).frame.index < 6:
            time.sleep(0.01)
        socket.send(json.dumps({"drawn": served.stream.id}))
        assert next_picture(socket)[0]["index"] == latest.frame.index == 6


def test_pause_holds_and_resume_goes_on(served):
    served.feed()
    assert told(served, f"/api/streams/{served.stream.id}/pause", "POST") == (
        200,
        {"stream": served.stream.id, "done": "pause"},
    )
    assert served.stream.status == "paused"
    assert told(served, f"/api/streams/{served.stream.id}/resume", "POST")[0] == 200
    served.feed()
    assert served.stream.frames == 2


def test_reset_is_fresh(served):
    served.feed()
    served.feed()
    assert served.stream.state == 2
    told(served, f"/api/streams/{served.stream.id}/reset", "POST")
    served.feed()
    assert served.stream.state == 1


def test_detach_ends_the_stream_and_a_second_time_is_too_late(served):
    served.feed()
    assert told(served, f"/api/streams/{served.stream.id}/detach", "POST")[0] == 200
    assert served.stream.detach_asked


def test_what_cannot_be_done_is_reported(served):
    assert told(served, f"/api/streams/{served.stream.id}/jump", "POST")[0] == 404
    assert told(served, "/api/streams/99/pause", "POST") == (404, {"error": "there is no stream 99"})
    assert told(served, "/api/sources/rtsp%3A%2F%2Fevil/attach", "POST")[0] in (404, 405)
    assert ask(served, f"/api/streams/{served.stream.id}/pause")[0] in (404, 405)  # a GET changes nothing


def test_pictures_in_full_size_are_png_files(served):
    image = picture()
    served.feed(image)
    while served.page.hub.latest(served.stream.id) is None:
        time.sleep(0.01)
    status, body, _ = ask(served, f"/api/streams/{served.stream.id}/overlay.png")
    mask = (image[..., 1] > 127).astype(np.uint8)
    wanted = Overlay(LOOKS.palette, LOOKS.names).draw(image, mask)
    assert status == 200
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(body))), wanted)
    plain = ask(served, f"/api/streams/{served.stream.id}/mask.png")[1]
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(plain))), mask)


def test_a_source_named_at_the_start_is_attached_again_and_again():
    with serving(sources={"file": lambda: ArraySource(np.zeros((3, 9, 9, 3), np.uint8), name="file")}) as served:
        for _ in range(2):
            served.frames.clear()
            assert told(served, "/api/sources/file/attach", "POST")[0] == 200
            served.wait_for(lambda: served.frames.get("file") == 3)
            stream = next(stream for stream in served.engine.streams if stream.name == "file")
            while not stream.closed:
                stream.wait_closed(1)


def test_a_viewer_that_says_nonsense_is_closed(served):
    with look(served) as socket:
        socket.send("[]")
        with pytest.raises(ConnectionClosed, match="drawn"):
            while True:
                socket.recv(SOON)


def test_a_port_that_is_taken_is_reported(served):
    from streams.engine.engine import Engine
    from streams.web import Page

    with (
        pytest.raises(StreamError, match="cannot be served at 127.0.0.1"),
        Page(Engine(lambda images, states: (images, states)), LOOKS, port=served.page.port),
    ):
        pass

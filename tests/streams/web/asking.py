"""How a program asks the page's server."""

import http.client
import io
import json
import struct
import time

from PIL import Image
from websockets.sync.client import connect

from streams.web.pictures import read_message
from tests.streams.web.conftest import SOON


def ask(served, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", served.page.port, timeout=SOON)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def told(served, path, method="GET"):
    status, body, _ = ask(served, path, method)
    return status, json.loads(body)


def look(served, path="/api/view", **options):
    return connect(f"ws://127.0.0.1:{served.page.port}{path}", open_timeout=SOON, **options)


def next_picture(socket):
    end = time.monotonic() + SOON
    while isinstance(message := socket.recv(SOON), str):
        assert time.monotonic() < end, "news came, but no picture"
    return read_message(message)


def jpeg_message(image, seconds=0.0):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=95)
    return struct.pack(">d", seconds) + file.getvalue()

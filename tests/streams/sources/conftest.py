"""Servers on loopback, each ended with its test."""

import os
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).resolve().parent.parent / "rtsp_server.py"
SOON = 30  # seconds within which a server must have started


@pytest.fixture
def serve(start_http):
    """serve(answer) -> "127.0.0.1:PORT" of an HTTP server; `answer(handler)` writes what a GET gets."""

    def start(answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client has gone, as clients do

            def log_message(self, *_):
                pass

        return start_http(Handler)

    return start


@pytest.fixture
def answer_raw():
    """answer_raw(reply) -> port of a TCP server that sends these bytes, when `asked` if so; None: never answers."""
    with ExitStack() as stack:

        def start(reply: bytes | None, *, asked: bool = True) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            connections = stack.enter_context(ExitStack())

            def loop():
                while True:
                    try:
                        connection, _ = listener.accept()
                    except OSError:
                        return  # closed with the test
                    connections.callback(connection.close)
                    if reply is not None:
                        if asked:
                            connection.recv(4096)
                        connection.sendall(reply)
                        connection.close()

            thread = threading.Thread(target=loop, name="tcp server", daemon=True)
            thread.start()

            def end():
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

            stack.callback(end)
            return listener.getsockname()[1]

        yield start


class RtspCamera:
    """The server of rtsp_server.py, which can be killed, frozen and started again."""

    def __init__(self, port: int):
        self.port, self.url = port, f"rtsp://127.0.0.1:{port}/live"
        self._process: subprocess.Popen | None = None

    def start(self, size: str, run: int) -> None:
        command = [SYSTEM_PYTHON, str(SERVER), str(self.port), size, str(run)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "ready\n"

    def send(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    @staticmethod
    def read(image: np.ndarray) -> tuple[int, int]:
        """(number, run) of a picture; AssertionError for one that the server never sent."""
        height, width = image.shape[:2]
        block = width // 16
        rows = [image[row, block // 2 : block * 16 : block, 1] > 127 for row in (height // 4, 3 * height // 4)]
        number, second = (int("".join("01"[int(bit)] for bit in row), 2) for row in rows)
        run = second >> 8
        assert (number * 7 + (number >> 8) * 13 + run * 29 + 5) % 256 == second & 255, "this picture was never sent"
        return number, run


def why_no_rtsp() -> str | None:
    """What is missing for a real RTSP server, or None."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"needs {SYSTEM_PYTHON}"
    check = (
        "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')\n"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None)\n"
        "missing = [name for name in ('x264enc', 'rtph264pay', 'appsrc') if not Gst.ElementFactory.find(name)]\n"
        "raise SystemExit('no ' + ', '.join(missing) if missing else 0)"
    )
    done = subprocess.run([SYSTEM_PYTHON, "-c", check], capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        return None
    return (
        "needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-{base,good,bad,ugly}: "
        + (done.stderr.strip().splitlines() or ["?"])[-1]
    )


@pytest.fixture
def rtsp_camera(free_port):
    """A camera, not yet started; the test is skipped where there is no server to be had."""
    if (reason := why_no_rtsp()) is not None:
        pytest.skip(reason)
    camera = RtspCamera(free_port)
    yield camera
    if camera._process is not None:
        camera.send(signal.SIGCONT)
    camera.kill()

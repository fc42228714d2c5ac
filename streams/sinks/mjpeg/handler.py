"""One HTTP connection of the MJPEG server."""

import html
import io
import secrets
import select
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from streams.listening import LOOPBACK_NAMES, host_named
from streams.sinks.mjpeg.channel import Channel

if TYPE_CHECKING:
    from streams.sinks.mjpeg.server import MjpegServer

BOUNDARY = b"frame"
LOOK = 1.0  # seconds between two looks whether a client is still connected
SNAPSHOT = 5.0  # seconds that a request for one picture waits for the next frame
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
}
STYLE = "body{margin:0;background:#111;color:#ccc;font:15px sans-serif}figure{margin:8px}img{max-width:100%}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request: the page, a stream or a snapshot."""

    server: "MjpegServer"
    disable_nagle_algorithm = True  # a picture's last packet does not wait for the acknowledgement of the one before
    server_version, sys_version = "seqseg", ""

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(_UntilDeadline(self.connection, self.server.head_seconds))

    def do_GET(self) -> None:
        self._answer(send=True)

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing, since the run's display uses the terminal."""

    def _answer(self, *, send: bool) -> None:
        self.connection.settimeout(self.server.stalled)  # of writing, from now on
        try:
            address = urlsplit(self.path)
            query = parse_qs(address.query)
        except ValueError:
            self._send("text/plain", b"this address cannot be read\n", send, status=400)
            return
        if not self._allowed(query):
            return
        if not self.server.admit(self.connection):
            self._send("text/plain", b"too many viewers\n", send, status=503)
            return
        name, _, kind = unquote(address.path).lstrip("/").rpartition(".")
        channel = self.server.channels.get(name)
        if address.path == "/":
            self._send("text/html; charset=utf-8", self._page(address.query), send)
        elif channel is not None and kind == "mjpg":
            self._stream(channel, send)
        elif channel is not None and kind == "jpg":
            self._snapshot(channel, send)
        else:
            self._send("text/plain", b"there is no such stream\n", send, status=404)

    def _allowed(self, query: dict[str, list[str]]) -> bool:
        if self.server.token is None:
            right = host_named(self.headers.get("Host", "")) in LOOPBACK_NAMES
            text = b"call this server 127.0.0.1 or localhost\n"
        else:
            given = self.headers.get("Authorization", "").removeprefix("Bearer ") or query.get("token", [""])[0]
            right = secrets.compare_digest(given.encode("utf-8", "replace"), self.server.token.encode())
            text = b"the token is missing or wrong; it is part of the address that the run has printed\n"
        if not right:
            self._send("text/plain", text, True, status=403)
        return right

    def _send(self, kind: str, content: bytes, send: bool, *, status: int = 200) -> None:
        self.send_response(status)
        self._headers({"Content-Type": kind, "Content-Length": str(len(content))})
        if send:
            self.wfile.write(content)

    def _headers(self, headers: dict[str, str]) -> None:
        for name, value in (headers | HEADERS).items():
            self.send_header(name, value)
        self.end_headers()

    def _page(self, query: str) -> bytes:
        suffix = html.escape(f"?{query}") if query and self.server.token else ""
        figures = "".join(
            f'<figure><img src="/{quote(name)}.mjpg{suffix}" alt="{html.escape(name)}">'
            f"<figcaption>{html.escape(name)}</figcaption></figure>"
            for name in list(self.server.channels)
        )
        return f"<!doctype html><title>seqseg</title><style>{STYLE}</style>{figures}\n".encode()

    def _stream(self, channel: Channel, send: bool) -> None:
        self.send_response(200)
        self._headers({"Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"})
        number = 0
        channel.watchers += 1
        try:
            while send and not channel.closed and self._listens():
                number, jpeg = channel.after(number, LOOK)
                if jpeg is not None:
                    head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
                    self.wfile.write(head + jpeg + b"\r\n")
        finally:
            channel.watchers -= 1

    def _snapshot(self, channel: Channel, send: bool) -> None:
        channel.watchers += 1
        try:
            last, _ = channel.after(-1, 0.0)
            _, jpeg = channel.after(last, SNAPSHOT)
        finally:
            channel.watchers -= 1
        if jpeg is None:
            self._send("text/plain", b"no picture has come for 5 seconds\n", send, status=503)
        else:
            self._send("image/jpeg", jpeg, send)

    def _listens(self) -> bool:
        """Whether the client is still connected: the socket of one that has left is readable and gives nothing."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))


class _UntilDeadline(io.RawIOBase):
    """Reads a connection until one deadline for all reads, so that a client that sends slowly is disconnected too."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        super().__init__()
        self._connection, self._end = connection, time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request was not complete in time")
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)

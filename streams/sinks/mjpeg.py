"""The overlay for any browser: MJPEG over HTTP."""

import secrets
import select
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlsplit

import cv2
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.sink import Sink

if TYPE_CHECKING:
    from streams.threads.serving import Serving

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BOUNDARY = b"frame"
CLIENTS = 16  # connections at a time, of all streams of a server
STALLED = 5.0  # seconds that a client may take nothing before it is left
LOOK = 1.0  # seconds between two looks whether a client is still there


class Channel:
    """The newest picture of one stream, and those who wait for the next."""

    def __init__(self):
        self.watchers = 0
        self._changed = threading.Condition()
        self._number, self._jpeg, self._closed = 0, b"", False

    def put(self, jpeg: bytes) -> None:
        with self._changed:
            self._number, self._jpeg = self._number + 1, jpeg
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def after(self, number: int, seconds: float) -> tuple[int, bytes | None]:
        """(its number, the newest picture), once it is newer than `number`; None when none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number or self._closed, seconds)
            return (self._number, self._jpeg) if self._number > number else (number, None)


class MjpegServer(ThreadingHTTPServer):
    """Serves the pictures of its `channels`: a page at /, each stream at /NAME.mjpg, its newest picture at /NAME.jpg.

    It begins with its first stream and ends with its last. Bound to this machine alone it answers only those who call
    it by such a name (no page elsewhere can lead a browser to it by a DNS trick); otherwise only those who know the
    token.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], token: str | None = None, *, announce: Callable[[str], object] | None = None
    ):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.channels: dict[str, Channel] = {}
        self.token, self.announce = token, announce
        self.closed = False
        self._serving: Serving | None = None
        self._turn = threading.Lock()
        self._room = threading.BoundedSemaphore(CLIENTS)
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        host = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        return f"http://{host}:{port}/" + (f"?token={quote(self.token)}" if self.token else "")

    def begin(self) -> None:
        """Answers from now on."""
        from streams.threads.serving import Serving  # which itself needs the sinks

        with self._turn:
            if self._serving is None:
                self._serving = Serving(self)
                if self.announce is not None:
                    self.announce(self.url)

    def leave(self, name: str) -> None:
        """The stream has ended; the server ends with its last."""
        with self._turn:
            self.channels.pop(name).close()
            if not self.channels:
                self.closed = True
                if self._serving is not None:
                    self._serving.close()

    def process_request(self, request, client_address) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        request.settimeout(LOOK)
        try:
            request.sendall(b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\ntoo many viewers\n")
        except OSError:  # it has gone already, which serves as well
            pass
        self.shutdown_request(request)

    def process_request_thread(self, request, client_address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request, client_address) -> None:
        """A client that goes away in the middle of a picture is no error; nothing is printed over the run's display."""


class _Handler(BaseHTTPRequestHandler):
    server: MjpegServer
    timeout = STALLED
    disable_nagle_algorithm = True  # a picture's last part does not wait until the one before was acknowledged
    server_version, sys_version = "seqseg", ""

    def do_GET(self) -> None:
        self._answer(send=True)

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def log_message(self, *_) -> None:
        """Nothing is printed over the run's display."""

    def _answer(self, *, send: bool) -> None:
        address = urlsplit(self.path)
        if not self._allowed(parse_qs(address.query)):
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

    def _allowed(self, query: dict) -> bool:
        if self.server.token is None:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            right, text = host in LOOPBACK, b"call this server 127.0.0.1 or localhost\n"
        else:
            given = self.headers.get("Authorization", "").removeprefix("Bearer ") or query.get("token", [""])[0]
            right = secrets.compare_digest(given.encode(), self.server.token.encode())
            text = b"the token is missing or wrong; it stands in the address that the run has printed\n"
        if not right:
            self._send("text/plain", text, True, status=403)
        return right

    def _send(self, kind: str, content: bytes, send: bool, *, status: int = 200) -> None:
        self.send_response(status)
        self._headers({"Content-Type": kind, "Content-Length": str(len(content))})
        if send:
            self.wfile.write(content)

    def _headers(self, headers: dict[str, str]) -> None:
        always = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
        }
        for name, value in (headers | always).items():
            self.send_header(name, value)
        self.end_headers()

    def _page(self, query: str) -> bytes:
        suffix = f"?{query}" if query and self.server.token else ""
        figures = "".join(
            f'<figure><img src="/{quote(name)}.mjpg{_plain(suffix)}" alt="{_plain(name)}">'
            f"<figcaption>{_plain(name)}</figcaption></figure>"
            for name in self.server.channels
        )
        style = "body{margin:0;background:#111;color:#ccc;font:15px sans-serif}figure{margin:8px}img{max-width:100%}"
        return f"<!doctype html><title>seqseg</title><style>{style}</style>{figures}\n".encode()

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
            _, jpeg = channel.after(last, STALLED)
        finally:
            channel.watchers -= 1
        if jpeg is None:
            self._send("text/plain", b"no picture has come for 5 seconds\n", send, status=503)
        else:
            self._send("image/jpeg", jpeg, send)

    def _listens(self) -> bool:
        """Whether the client is still there: one that has gone can be read from, and gives nothing."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))


class MjpegSink(Sink):
    """The overlay as MJPEG over HTTP, for `<img>` in any browser, VLC or OpenCV; a picture is made only if one looks.

    server: from `open_server`, shared by several streams. name: the stream's, in its address. Each
    client gets the newest picture when it is ready for one; those who take nothing for 5 seconds are left. Wrap it in
    `Background(sink, keep="newest")`.
    """

    screen = True

    def __init__(self, server: MjpegServer, overlay: Overlay, *, name: str = "live", quality: int = 80):
        super().__init__()
        if name in server.channels:
            raise SinkError(f"two streams are called {name}; give each its own name")
        self.name = f"http://…/{name}.mjpg"
        self._server, self._overlay, self._name, self._quality = server, overlay, name, quality
        self._channel = server.channels[name] = Channel()

    def open(self) -> None:
        self._server.begin()

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if not self._channel.watchers:
            return
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask)
        with self.meter.stage("encode"):
            bgr = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR, dst=drawn)
            done, jpeg = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, self._quality))
            if not done:
                raise SinkError(f"{self.name}: a picture of {drawn.shape[1]}x{drawn.shape[0]} does not fit into a JPEG")
        self._channel.put(jpeg.tobytes())

    def close(self, error: BaseException | None = None) -> None:
        self._server.leave(self._name)


def parse_address(text: str, default_port: int = 8090) -> tuple[str, int]:
    """[HOST:]PORT -> (host, port); this machine alone where no host is named.

    >>> parse_address("8090"), parse_address("0.0.0.0:80"), parse_address("[::1]:8090")
    (('127.0.0.1', 8090), ('0.0.0.0', 80), ('::1', 8090))
    """
    host, colon, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535 or (colon and not host):
        raise SinkError(
            f'an address must be [HOST:]PORT such as {default_port} or 0.0.0.0:{default_port}, got "{text}"'
        )
    return host.strip("[]") or LOOPBACK[0], int(port)


def open_server(text: str, *, token: str | None = None, announce: Callable[[str], object] | None = None) -> MjpegServer:
    """A server at [HOST:]PORT that begins with its first stream, and tells its address then.

    One that other machines can reach gets a token, made here if none is given.
    """
    host, port = parse_address(text)
    if host not in LOOPBACK:
        token = token or secrets.token_urlsafe(16)
    try:
        return MjpegServer((host, port), token, announce=announce)
    except OSError as error:
        raise SinkError(f"{host}:{port} cannot be served at: {error.strerror}; choose another port") from error


def _plain(text: str) -> str:
    """Text that cannot be mistaken for HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

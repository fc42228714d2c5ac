"""The HTTP server of the MJPEG streams: who may connect, how many, and for how long."""

import secrets
import socket
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any, Self, cast

from streams.errors import SinkError
from streams.listening import is_loopback, parse_address, url_of
from streams.pending_connections import PendingConnections
from streams.sinks.mjpeg.channel import Channel
from streams.sinks.mjpeg.handler import Handler
from streams.threads.serving import Serving

VIEWERS = 16  # admitted connections at a time, of all streams of a server

Request = socket.socket | tuple[bytes, socket.socket]  # as socketserver types it; here always the first


class MjpegServer(ThreadingHTTPServer):
    """Serves the pictures of its `channels`: a page at /, each stream at /NAME.mjpg, its newest picture at /NAME.jpg.

    It answers from its first stream on and is closed with its last, or by `close`. Bound to loopback it answers only
    requests that name such a host (so that DNS rebinding fails); otherwise only those that bring the token. A request
    must be complete within `head_seconds`; a client that takes nothing for `stalled` seconds is disconnected.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        token: str | None = None,
        *,
        announce: Callable[[str], object] | None = None,
        head_seconds: float = 5.0,
        stalled: float = 5.0,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.channels: dict[str, Channel] = {}
        self.token, self.announce = token, announce
        self.head_seconds, self.stalled = head_seconds, stalled
        self.closed = False
        self._serving: Serving | None = None
        self._turn = threading.Lock()
        self._pending = PendingConnections("the MJPEG port")
        self._viewers: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        host, port = cast(tuple[str, int], self.server_address[:2])
        return url_of(host, port, token=self.token)

    def join(self, name: str) -> Channel:
        """A channel for a new stream; the server answers from now on. SinkError if the name is taken."""
        with self._turn:
            if name in self.channels:
                raise SinkError(f"two streams are called {name}; give each its own name")
            channel = self.channels[name] = Channel()
        self.begin()
        return channel

    def begin(self) -> None:
        """Answers from now on."""
        with self._turn:
            if self._serving is None and not self.closed:
                self._serving = Serving(self)
                if self.announce is not None:
                    self.announce(self.url)

    def leave(self, name: str) -> None:
        """The stream has ended; the server ends with its last."""
        with self._turn:
            self.channels.pop(name).close()
            last = not self.channels
        if last:
            self.close()

    def close(self) -> None:
        """Disconnects all viewers and frees the port. Legal in every state."""
        with self._turn:
            if self.closed:
                return
            self.closed, serving = True, self._serving
            for channel in self.channels.values():
                channel.close()
        if serving is not None:
            serving.close()
        else:
            self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def admit(self, connection: socket.socket) -> bool:
        """Makes a pending connection that has sent the token a viewer; False if there are too many viewers."""
        with self._lock:
            if len(self._viewers) >= VIEWERS:
                return False
            self._viewers.add(connection)
        self._pending.remove(connection)
        return True

    def process_request(self, request: Request, client_address: Any) -> None:
        self._pending.add(request, cast(socket.socket, request))
        super().process_request(request, client_address)

    def process_request_thread(self, request: Request, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._pending.remove(request)
            with self._lock:
                self._viewers.discard(cast(socket.socket, request))

    def handle_error(self, request: Request, client_address: Any) -> None:
        """A client that leaves in the middle of a picture is no error; prints nothing."""


def open_server(text: str, *, token: str | None = None, announce: Callable[[str], object] | None = None) -> MjpegServer:
    """A server at [HOST:]PORT that answers from its first stream on, and then calls `announce(url)`.

    A server that other machines can reach needs a token; one is made if none is given.
    """
    host, port = parse_address(text, example=8090)
    if not is_loopback(host):
        token = token or secrets.token_urlsafe(16)
    try:
        return MjpegServer((host, port), token, announce=announce)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        raise SinkError(f"MJPEG cannot be served at {host}:{port}: {reason}; choose another [HOST:]PORT") from error

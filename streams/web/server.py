"""The page's HTTP server: uvicorn, with limits for clients that have not shown the token."""

import asyncio
import logging
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.errors import StreamError
from streams.pending_connections import PendingConnections
from streams.web.hub import Hub

if TYPE_CHECKING:
    import uvicorn

    from streams.web.guard import Guard

LOG = logging.getLogger("streams.web.server")
LOG.setLevel(logging.ERROR)
LARGEST_MESSAGE = 8 * 2**20  # bytes of a WebSocket message; a client that sends more is disconnected
AT_ONCE = 16  # connections that are accepted before the loop does its other work
HEAD_SECONDS = 5.0  # for a whole request, its TLS handshake included


class Listening(socket.socket):
    """A listening socket whose new connections are pending until they have sent a whole request.

    A client that has not done so within `seconds` is disconnected.
    """

    def __init__(self, listening: socket.socket, *, seconds: float = HEAD_SECONDS) -> None:
        # Said to be TCP: only then does asyncio send small messages at once. Else a picture behind one waits 40 ms.
        super().__init__(listening.family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listening.detach())
        self.pending = PendingConnections("the page")
        self._seconds = seconds
        self._accepted = 0  # in this turn of the loop

    def accept(self) -> tuple[socket.socket, Any]:
        if self._accepted >= AT_ONCE:  # those that were cut off are closed first, or there would be no descriptors left
            raise BlockingIOError
        connection, address = super().accept()
        loop = asyncio.get_running_loop()
        if not self._accepted:
            loop.call_soon(self._go_on)
        self._accepted += 1
        self.pending.add(address, connection)
        loop.call_later(self._seconds, self.pending.close, address)
        return connection, address

    def _go_on(self) -> None:
        self._accepted = 0


def listen(host: str, port: int) -> Listening:
    """A socket bound to the address. StreamError where that is not possible."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return Listening(socket.create_server((host, port), family=family))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        raise StreamError(f"the page cannot be served at {host}:{port}: {reason}; give another [HOST:]PORT") from error


def make_server(
    guard: "Guard", hub: Hub, listening: Listening, certificate: str | Path | None, key: str | Path | None
) -> tuple["uvicorn.Server", threading.Event]:
    """A server of the guarded app on the socket, and the event that says that it has begun."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    begun = threading.Event()

    class Protocol(H11Protocol):
        """Ends the pending state of a connection when its request is complete, or when it has ended."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.logger = LOG  # uvicorn's own prints a line for every malformed request
            self._peer = transport.get_extra_info("peername")

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None or self.transport.get_protocol() is not self:
                listening.pending.remove(self._peer)

        def connection_lost(self, exc: Exception | None) -> None:
            listening.pending.remove(self._peer)
            super().connection_lost(exc)

    class Server(uvicorn.Server):
        """Starts the hub in its loop, and drops what is left of the connections at its end."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            hub.start(asyncio.get_running_loop())
            begun.set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            for connection in list(self.server_state.connections):
                connection.transport.abort()  # a client that reads nothing would keep the socket and its data
            await asyncio.sleep(0)

    config = uvicorn.Config(
        guard, http=Protocol, ws="websockets-sansio", ws_max_size=LARGEST_MESSAGE, ws_max_queue=2,
        ws_per_message_deflate=False, lifespan="off", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=1, ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    return Server(config), begun


def require_server() -> None:
    """StreamError that says how to install what the page needs, where something is missing."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise StreamError(
            f"the live page needs {error.name}, which is not installed: pip install 'seqseg[live]'"
        ) from error

"""Connections of clients that have not shown yet that they may be here: few of them, and the oldest makes room."""

import logging
import socket
import threading
import time
from collections.abc import Hashable

LOG = logging.getLogger("streams.guests")
MOST = 64
QUIET = 60.0  # seconds between two log lines


class Guests:
    """Keeps the connections of guests in the order in which they came; more than `most` and the oldest is cut off.

    Whoever has the token is a guest for milliseconds only, so that strangers who open connections and send nothing, or
    a byte now and then, lock nobody out and take no more than `most` descriptors. `name` is used in the log, which gets
    one line a minute at most. For any thread.
    """

    def __init__(self, name: str, *, most: int = MOST) -> None:
        self._name, self._most = name, most
        self._connections: dict[Hashable, socket.socket] = {}
        self._lock = threading.Lock()
        self._said = -QUIET

    def came(self, key: Hashable, connection: socket.socket) -> None:
        """A new connection."""
        with self._lock:
            oldest = next(iter(self._connections)) if len(self._connections) >= self._most else None
            if oldest is not None:
                late = self._connections.pop(oldest)
            self._connections[key] = connection
        if oldest is not None:
            _shut(late)
            self._say()

    def gone(self, key: Hashable) -> None:
        """It has shown the token, or has ended. Legal for every key."""
        with self._lock:
            self._connections.pop(key, None)

    def cut(self, key: Hashable) -> None:
        """Ends the connection if it is still a guest's."""
        with self._lock:
            connection = self._connections.pop(key, None)
        if connection is not None:
            _shut(connection)

    def _say(self) -> None:
        now = time.monotonic()
        if now - self._said >= QUIET:
            self._said = now
            LOG.warning("more than %d connections to %s sent no request; the oldest are closed", self._most, self._name)


def _shut(connection: socket.socket) -> None:
    """Ends the connection; who reads it closes the socket."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return

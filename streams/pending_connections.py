"""Connections of clients that have not yet sent the token: a limited number, of which the oldest is closed first."""

import logging
import socket
import threading
import time
from collections.abc import Hashable

LOG = logging.getLogger("streams.pending_connections")
MOST = 64
QUIET = 60.0  # seconds between two log lines


class PendingConnections:
    """Holds unauthorized connections in order of arrival; at more than `most` the oldest is closed.

    A client with the token is pending for milliseconds only. Clients that open connections and send nothing, or a byte
    now and then, therefore block no other client and use at most `most` descriptors. `name` is used in the log, which
    gets one line a minute at most. For any thread.
    """

    def __init__(self, name: str, *, most: int = MOST) -> None:
        self._name, self._most = name, most
        self._connections: dict[Hashable, socket.socket] = {}
        self._lock = threading.Lock()
        self._logged = -QUIET

    def add(self, key: Hashable, connection: socket.socket) -> None:
        """A new connection."""
        with self._lock:
            oldest = next(iter(self._connections)) if len(self._connections) >= self._most else None
            if oldest is not None:
                late = self._connections.pop(oldest)
            self._connections[key] = connection
        if oldest is not None:
            _shut(late)
            self._log()

    def remove(self, key: Hashable) -> None:
        """Its client has sent the token, or it has ended. Legal for every key."""
        with self._lock:
            self._connections.pop(key, None)

    def close(self, key: Hashable) -> None:
        """Ends the connection if it is still pending."""
        with self._lock:
            connection = self._connections.pop(key, None)
        if connection is not None:
            _shut(connection)

    def _log(self) -> None:
        now = time.monotonic()
        if now - self._logged >= QUIET:
            self._logged = now
            LOG.warning("more than %d connections to %s sent no request; the oldest are closed", self._most, self._name)


def _shut(connection: socket.socket) -> None:
    """Ends the connection; its reader closes the socket."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended already
        return

"""A client that sends its request byte by byte."""

import socket
import time


def is_cut_while_it_drips(connection: socket.socket, *, within: float) -> bool:
    """Send a byte at a time; whether the other side closes the connection within so many seconds."""
    connection.settimeout(0.05)
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            connection.sendall(b"a")
            if connection.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False

"""How long the owner of a live page waits while strangers hold half-open connections.

    .venv/bin/python -m scripts.faults.half_open [connections]

A page with a stream at 25 frames a second; its owner asks for the list of streams 100 times, first alone, then while
so many strangers have each sent half a request, and open a new connection as soon as theirs is cut, and once more
while they send a byte a second. Prints milliseconds (median, 95 %, longest), and what the page logged.
"""

import logging
import resource
import socket
import statistics
import sys
import threading
import time

import numpy as np

from streams import ArraySource, Engine, NullSink, Paced
from streams.web import Looks, Page

ASKED, TOKEN = 100, "right"


class Strangers:
    """Keeps `count` connections open that have sent half a request; `drip` sends a byte a second on each."""

    def __init__(self, port: int, count: int, *, drip: bool) -> None:
        self._port, self._count, self._drip = port, count, drip
        self._open: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep)
        self.made = 0

    def __enter__(self) -> "Strangers":
        self._thread.start()
        while self.made < self._count:
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for connection in self._open:
            connection.close()

    def _keep(self) -> None:
        while not self._stop.is_set():
            begin = time.monotonic()
            self._open = [connection for connection in self._open if self._lives(connection)]
            while len(self._open) < self._count and not self._stop.is_set():
                try:
                    connection = socket.create_connection(("127.0.0.1", self._port), 2)
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                except OSError:
                    break
                connection.setblocking(False)
                self._open.append(connection)
                self.made += 1
            self._stop.wait(max(0.0, 1 - (time.monotonic() - begin)))

    def _lives(self, connection: socket.socket) -> bool:
        try:
            if self._drip:
                connection.send(b"a")
            if connection.recv(64):
                return True
        except BlockingIOError:
            return True
        except OSError:
            pass
        connection.close()
        return False


def waits(port: int) -> list[float]:
    """Milliseconds of each answer to the owner, a new connection each."""
    request = f"GET /api/streams HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\n"
    found = []
    for _ in range(ASKED):
        begin = time.perf_counter()
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.settimeout(10)
            connection.sendall(f"{request}Connection: close\r\n\r\n".encode())
            if b" 200 " not in connection.recv(64):
                raise SystemExit("the owner was refused")
        found.append(1000 * (time.perf_counter() - begin))
        time.sleep(0.02)
    return found


def main() -> None:
    """Print a line for each of the three."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    engine = Engine(lambda images, states: ([image[..., 0] // 128 for image in images], states))
    looks = Looks(("dark", "bright"), np.uint8([[0, 0, 0], [255, 255, 255]]))
    with Page(engine, looks, port=0, token=TOKEN) as page:
        engine.on_frame = page.show
        engine.attach(Paced(ArraySource(np.zeros((2500, 48, 64, 3), np.uint8), fps=25)), NullSink())
        runner = threading.Thread(target=engine.run, kwargs={"seconds": 600}, daemon=True)
        runner.start()
        show("the owner alone", waits(page.port))
        for drip in (False, True):
            with Strangers(page.port, count, drip=drip) as strangers:
                found = waits(page.port)
            show(f"{count} strangers{', a byte a second each' if drip else ''} ({strangers.made} connections)", found)
    print(f"{len(lines)} lines in the log; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB at most")


def show(what: str, found: list[float]) -> None:
    """Print it."""
    p95 = sorted(found)[round(0.95 * len(found)) - 1]
    print(
        f"{what}: median {statistics.median(found):.1f} ms, 95 % {p95:.1f} ms, longest {max(found):.1f} ms", flush=True
    )


if __name__ == "__main__":
    main()

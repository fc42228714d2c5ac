"""The port of a fleet: a page at /, Prometheus' figures at /metrics."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from seqseg.cli.fleet.metrics import WorkerHealth, page, prometheus
from seqseg.errors import ConfigError

SECONDS = 5.0  # for a request, and for its answer


@contextmanager
def served(text: str, health: Callable[[], list[WorkerHealth]], *, token: str | None = None) -> Iterator[str]:
    """While open, [HOST:]PORT answers; gives its address. On another host than this one it asks for a token."""
    from streams.errors import StreamError
    from streams.listening import is_loopback, parse_address, url_of
    from streams.threads.serving import Serving

    try:
        host, port = parse_address(text, example=9100)
    except StreamError as error:
        raise ConfigError(f"--serve: {error}") from None
    if not is_loopback(host):
        token = token or secrets.token_urlsafe(16)
    handler = type("FleetHandler", (_Handler,), {"health": staticmethod(health), "token": token})
    try:
        server = _Server((host, port), handler)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        raise ConfigError(f"--serve {text}: {reason}; choose another [HOST:]PORT") from None
    serving = Serving(server)
    try:
        yield url_of(host, server.server_port, token=token)
    finally:
        serving.close()


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close, allow_reuse_address = True, False, True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle of an answer is no error."""


class _Handler(BaseHTTPRequestHandler):
    health: Callable[[], list[WorkerHealth]]
    token: str | None
    timeout = SECONDS
    server_version, sys_version = "seqseg", ""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if not self._allowed(parse_qs(address.query)):
            self._send(403, "text/plain", "give the token that seqseg fleet printed, and call this host by its name\n")
        elif address.path == "/":
            self._send(200, "text/html; charset=utf-8", page(self.health()))
        elif address.path == "/metrics":
            self._send(200, "text/plain; version=0.0.4; charset=utf-8", prometheus(self.health()))
        else:
            self._send(404, "text/plain", "there is / and /metrics\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed between the fleet's lines."""

    def _allowed(self, query: dict[str, list[str]]) -> bool:
        from streams.listening import LOOPBACK_NAMES, host_named

        if self.token is None:  # bound to loopback; other names of it are DNS rebinding
            return host_named(self.headers.get("Host", "")) in LOOPBACK_NAMES
        given = query.get("token", [""])[0] or self.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), self.token.encode())

    def _send(self, status: int, kind: str, text: str) -> None:
        content = text.encode("utf-8", errors="backslashreplace")
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

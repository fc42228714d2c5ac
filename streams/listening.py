"""Where pages and MJPEG are served: [HOST:]PORT on the command line, host names in requests, addresses to print."""

import ipaddress
import re
import socket
from urllib.parse import quote

from streams.errors import StreamError

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = (LOOPBACK, "localhost", "[::1]")
_ADDRESS = re.compile(r"(?:(\[[0-9a-fA-F:.]+\]|[^:\s/@?#\[\]]*):)?(\d{1,5})", re.ASCII)
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\s/@?#\[\]]+)(?::\d{1,5})?", re.ASCII)


def parse_address(text: str, *, example: int = 8765) -> tuple[str, int]:
    """[HOST:]PORT -> (host, port); this machine alone where no host is named. StreamError for anything else.

    >>> parse_address("8765"), parse_address(":80"), parse_address("[::1]:80")
    (('127.0.0.1', 8765), ('127.0.0.1', 80), ('::1', 80))
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        raise StreamError(f"an address must be [HOST:]PORT such as {example} or 0.0.0.0:{example}, got {text!r}")
    return (found[1] or LOOPBACK).strip("[]"), int(found[2])


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_named(header: str) -> str | None:
    """The host in a request's Host header, without its port and in small letters; None if the header is malformed.

    >>> host_named("LocalHost:8765"), host_named("[::1]:80"), host_named("[::1].evil.com")
    ('localhost', '[::1]', None)
    """
    found = _HOST.fullmatch(header)
    return found[1].lower() if found else None


def url_of(host: str, port: int, *, token: str | None = None, secure: bool = False) -> str:
    """The address to open, with the token where one is needed.

    >>> url_of("::1", 80, token="a&b #c")
    'http://[::1]:80/?token=a%26b%20%23c'
    """
    shown = socket.gethostname() if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    query = f"?token={quote(token, safe='')}" if token else ""
    return f"http{'s' if secure else ''}://{shown}:{port}/{query}"

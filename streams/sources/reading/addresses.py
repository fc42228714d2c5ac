"""Network addresses, and how to name them without the secrets in them.

What is secret is decided by an address's structure and not by how a password looks: everything between the user and the
host, every query value that is not known to be harmless, and the last part of an RTMP path, which is the stream's key.
"""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from streams.errors import SourceError

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "tcp", "rtp", "srt")
KEYED = ("rtmp", "rtmps")  # whose path ends with the stream's key
HARMLESS = (
    "channel camera stream subtype profile track unicast proto transport transportmode width height size resolution "
    "fps rate framerate bitrate quality codec format mode timeout pkt_size buffer_size fifo_size overrun_nonfatal ttl "
    "localport reuse latency listen_timeout view lang start end"
).split()
SHORTEST = 3  # shortest secret that is searched in a whole text; shorter ones would match within words
_BEGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_QUERY_FIELD = re.compile(r"(?<=[?&;#])([^=&;#?/]+)=([^&;#]*)")
_PATH_FIELD = re.compile(r"(?i)(?<=[/&;_])((?:user|usr|pass|pwd|token|key|auth|secret)\w*?)=([^&;#/?_]*)")
_NEVER = re.compile(r"(?i)pass|pwd|token|secret|key|auth|sig|cred|session|user|pin|code|^pw?$")


def is_address(text: str) -> bool:
    """Whether the text is a network address (scheme://...) and no file."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text)) and not text.lower().startswith("file://")


def scheme_of(address: str) -> str:
    """The scheme, lower case; SourceError for one that cannot be read."""
    scheme = address.partition("://")[0].lower()
    if scheme not in SCHEMES:
        raise SourceError(f"{redacted(address)} cannot be read: {scheme}:// is none of {', '.join(SCHEMES)}")
    return scheme


def redacted(text: str) -> str:
    """The text with the secrets of all addresses in it as ***.

    A text that begins with an address is one address; in any other, an address ends at a space or a quote, but not
    within its password.

    >>> redacted("cannot open rtsp://admin:pa@ss@camera:554/live?token=abc&channel=1")
    'cannot open rtsp://admin:***@camera:554/live?token=***&channel=1'
    """
    if _BEGIN.match(text) and len(_BEGIN.findall(text)) == 1:
        return _hidden(_split(text))
    starts = [found.start() for found in _BEGIN.finditer(text)]
    if not starts:
        return text
    pieces = [text[begin:end] for begin, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return text[: starts[0]] + "".join(map(_redacted_beginning, pieces))


class Secrets:
    """The secrets of one address, taken out of any text in every form in which libraries and formats write them."""

    def __init__(self, address: str) -> None:
        self._address = address
        parts = _split(address)
        user, _, password = parts.user.partition(":")
        found = {password or user} if parts.user else set()
        found |= {value for _, value in _secret_fields(parts.rest)}
        if key := _stream_key(parts):
            found.add(key)
        found |= {unquote(value) for value in found}
        if password:
            found.add(b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode())
        forms = {form for value in found for form in _forms(value)}
        self._words = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """The text without them."""
        for written in sorted(_forms(self._address), key=len, reverse=True):
            text = text.replace(written, redacted(self._address))
        for word in self._words:
            text = text.replace(word, "***")
        return redacted(text)


def host_of(address: str) -> tuple[str | None, int | None]:
    """(host, port) as far as they are in the address."""
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.port
    except ValueError:
        return None, None


class _Parts(NamedTuple):
    scheme: str
    user: str  # user:password, or a lone word
    rest: str  # host, port, path and query


def _split(address: str) -> _Parts:
    """An address by its structure. A password may hold @ and, against the rules, /, quotes and spaces."""
    scheme, rest = address.split("://", 1)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        end = authority.rindex("@")
    elif re.search(r":[^:]*\D", authority) and not authority.startswith("[") and "@" in rest:
        end = rest.rindex("@")  # host:port has digits only, so this is user:password with a / in it
    else:
        return _Parts(scheme, "", rest)
    return _Parts(scheme, rest[:end], rest[end + 1 :])


def _hidden(parts: _Parts) -> str:
    scheme, user, rest = parts
    if user:
        name, colon, _ = user.partition(":")
        # A lone word before the @ may be a user, but some cameras take a key there.
        user = f"{name}:***@" if colon else "***@"
    if key := _stream_key(parts):
        head, _, tail = rest.partition(f"/{key}")
        rest = f"{head}/***{tail}"
    for field, value in _secret_fields(rest):
        rest = rest.replace(f"{field}={value}", f"{field}=***")
    return f"{scheme}://{user}{rest}"


def _redacted_beginning(text: str) -> str:
    """A text that begins with an address: everything up to where that ends, and the rest as it is."""
    parts = _split(text.split("\n", 1)[0])
    end = re.search(r"[\s'\"<>]", parts.rest)
    length = len(parts.rest) if end is None else end.start()
    before = len(parts.scheme) + 3 + (len(parts.user) + 1 if parts.user else 0)
    return _hidden(parts._replace(rest=parts.rest[:length])) + text[before + length :]


def _secret_fields(rest: str) -> Iterator[tuple[str, str]]:
    """(name, value) of the fields of a path and query that may be secret."""
    for name, value in (*_QUERY_FIELD.findall(rest), *_PATH_FIELD.findall(rest)):
        plain = name.lower()
        harmless = plain in HARMLESS or (value.isdigit() and len(value) <= 4 and not _NEVER.search(plain))
        if value and not harmless:
            yield name, value


def _stream_key(parts: _Parts) -> str | None:
    """The last part of an RTMP path, behind the application's name."""
    if parts.scheme.lower() not in KEYED:
        return None
    path = re.split(r"[?#]", parts.rest, maxsplit=1)[0].split("/")
    return path[-1] if len(path) > 2 and path[-1] else None


def _forms(word: str) -> set[str]:
    """The word as it is, percent-encoded, and as JSON, Python and HTML write it."""
    if not word:
        return set()
    return {word, quote(word, safe=""), quote(word), json.dumps(word)[1:-1], repr(word)[1:-1], html.escape(word)}

"""Network addresses, and how to speak of them without giving away the password in them."""

import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit

from streams.errors import SourceError

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "tcp", "rtp", "srt")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_SECRET_FIELD = re.compile(
    r"(?i)([?&;][^=&;\s]*(?:pass|pwd|token|secret|key|auth|sig|credential|session|user)[^=&;\s]*=)([^&;#\s'\"]+)"
)
SHORTEST = 3  # letters of a password that is looked for wherever it may stand; shorter ones hide within words


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
    """The text with the passwords of all addresses in it, and the values of their secret fields, as ***.

    >>> redacted("cannot open rtsp://admin:pa@ss@camera:554/live?token=abc&channel=1")
    'cannot open rtsp://admin:***@camera:554/live?token=***&channel=1'
    """
    return _ADDRESS.sub(lambda match: _hide_fields(_hide_password(match[0])), text)


class Secrets:
    """The secrets of one address, taken out of any text: as written, percent-decoded, or as an HTTP header has them."""

    def __init__(self, address: str) -> None:
        self._address = address
        user, password = _credentials(address)
        found = {value for _, value in _SECRET_FIELD.findall(address)} | {password}
        found |= {unquote(value) for value in found}
        if password:
            found.add(b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode())
        self._words = sorted((word for word in found if len(word) >= SHORTEST), key=len, reverse=True)

    def clean(self, text: str) -> str:
        text = redacted(text.replace(self._address, redacted(self._address)))
        for word in self._words:
            text = text.replace(word, "***")
        return text


def host_of(address: str) -> tuple[str | None, int | None]:
    """(host, port) as far as they stand in the address."""
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def _split(address: str) -> tuple[str, str, str]:
    """scheme, user information, the rest. A password may hold @ and, against the rules, /."""
    scheme, rest = address.split("://", 1)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        end = authority.rindex("@")
    elif re.search(r":[^:]*\D", authority) and not authority.startswith("[") and "@" in rest:
        end = rest.rindex("@")  # host:port has digits only, so this is user:password with a / in it
    else:
        return scheme, "", rest
    return scheme, rest[:end], rest[end + 1 :]


def _credentials(address: str) -> tuple[str, str]:
    user, _, password = _split(address)[1].partition(":")
    return user, password


def _hide_password(address: str) -> str:
    scheme, information, rest = _split(address)
    if not information:
        return address
    user, colon, _ = information.partition(":")
    # A lone word before the @ may be a user, but some cameras take a key there.
    return f"{scheme}://{user if colon else '***'}{':***' if colon else ''}@{rest}"


def _hide_fields(address: str) -> str:
    return _SECRET_FIELD.sub(r"\1***", address)

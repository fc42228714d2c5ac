"""The files for HTTPS, checked before anything is served."""

import ssl
from pathlib import Path

from streams.errors import StreamError


def check_certificate(certificate: str | Path, key: str | Path | None = None) -> None:
    """StreamError unless they are a certificate and its key, in PEM, that need no password."""
    for path in (certificate, key):
        if path is None:
            continue
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise StreamError(f"{path} cannot be read: {error.strerror}; give PEM files for HTTPS") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        together = error.reason != "KEY_VALUES_MISMATCH"
        reason = "hold no certificate with its key in PEM" if together else "do not belong together"
        files = " and ".join(str(path) for path in (certificate, key) if path)
        raise StreamError(f"{files} {reason}; give a certificate and the key that was made with it") from error


def _no_password() -> str:
    raise StreamError("the key for HTTPS is locked with a password; give one without, as servers need them")

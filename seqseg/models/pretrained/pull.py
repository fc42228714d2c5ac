"""`pull`: bring a model or a weights file into the cache, from a file or from an address with its sha256."""

import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO

from seqseg.errors import ConfigError, ModelError
from seqseg.files import sha256_of
from seqseg.models.pretrained.cache import Entry, cache_folder, checked_name, keep, suffix_of
from seqseg.models.pretrained.digest import checked_sha256

SECONDS = 30
"""How long a server may stay silent."""

BLOCK = 1 << 18


def pull(
    source: str,
    *,
    name: str | None = None,
    sha256: str | None = None,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> Entry:
    """Bring a file into the cache, where every command finds it by its name.

    An address needs the sha256 of its file, as an argument or at its end as `#sha256=…`. If the connection
    breaks, the part that came is kept and the same call resumes there. The file gets its name once it is complete and
    checked.

    Args:
        source: the path of a file, or an http or https address.
        name: what to call it; None takes the file's own name without suffix.
        sha256: what the file must have; may be left out for a local file.
        progress: called with the bytes so far and the total, if that is known.

    Raises:
        ConfigError: no sha256 for an address, or a name or a file that cannot be one.
        ModelError: the file is not there, the address does not give it, or it has another sha256.

    Example:
        >>> pull("https://example.org/street.keras", sha256="9f86d0…").name
        'street'
    """
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        return _from_file(Path(source), name, sha256)
    address, _, fragment = source.partition("#")
    if sha256 is None and fragment.startswith("sha256="):
        sha256 = fragment.removeprefix("sha256=")
    if not address.startswith(("http://", "https://")):
        raise ConfigError(f"{redacted(address)} is neither a file nor an http address; fetch it by other means")
    if sha256 is None:
        raise ConfigError(
            f"{redacted(address)} needs the sha256 of its file, so that what comes is what is meant; "
            "add --sha256 HEX, or #sha256=HEX to the address"
        )
    file = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
    suffix = suffix_of(file)
    name = checked_name(name or file[: -len(suffix)])
    part = _fetched(address, checked_sha256(sha256), progress)
    return keep(part, name=name, suffix=suffix, origin=redacted(address), move=True)


def redacted(address: str) -> str:
    """An address without user name, password and query, which may hold a token."""
    parts = urllib.parse.urlsplit(address)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _from_file(path: Path, name: str | None, sha256: str | None) -> Entry:
    if not path.is_file():
        raise ModelError(f"no file at {path}; give a model or weights file, or an http address with its sha256")
    suffix = suffix_of(path.name)
    name = checked_name(name or path.name[: -len(suffix)])
    if sha256 is not None and (came := sha256_of(path)) != checked_sha256(sha256):
        raise ModelError(f"{path} has sha256 {came}, expected {sha256.lower()}; it is another file, or damaged")
    return keep(path, name=name, suffix=suffix, origin=str(path.resolve()))


def _fetched(address: str, sha256: str, progress: Callable[[int, int | None], None]) -> Path:
    """The file at an address, whole and checked, in a place of its own in the cache folder."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{sha256}.part"
    if not (part.is_file() and sha256_of(part) == sha256):
        try:
            _fetch(address, part, progress)
        except (OSError, HTTPException) as error:
            raise _broken(address, part, error) from None
    if (came := sha256_of(part)) != sha256:
        part.unlink()
        raise ModelError(f"what {redacted(address)} gives has sha256 {came}, expected {sha256}; nothing was kept")
    return part


def _fetch(address: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
    """Fetch what is missing of `part`, or all of it where the server cannot give a part."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    opener = urllib.request.build_opener(_CarefulRedirects)
    try:
        response = opener.open(request, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not have:
            raise
        part.unlink()  # longer than the file itself, so of another one
        return _fetch(address, part, progress)
    with response:
        going_on = response.status == 206 and _begins_at(response, have)
        if response.status == 206 and not going_on:
            raise HTTPException("the server gave another part than the one asked for")
        done = have if going_on else 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with part.open("ab" if going_on else "wb") as file:
            while block := response.read(BLOCK):
                file.write(block)
                done += len(block)
                progress(done, total)
    if total is not None and done < total:
        raise HTTPException(f"the connection ended after {done:,} of {total:,} bytes")


def _begins_at(response: HTTPResponse, have: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


class _CarefulRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https alone, and never from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        scheme, before = urllib.parse.urlsplit(newurl).scheme, urllib.parse.urlsplit(req.full_url).scheme
        if scheme not in ("http", "https") or (before == "https" and scheme == "http"):
            raise _refused_redirect(req.full_url, newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> IO[bytes] | None:
        target = urllib.parse.urljoin(req.full_url, headers.get("location") or headers.get("uri") or "")
        if urllib.parse.urlsplit(target).scheme not in ("http", "https"):  # which urllib refuses in words of its own
            raise _refused_redirect(req.full_url, target)
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _refused_redirect(address: str, target: str) -> ModelError:
    return ModelError(
        f"{redacted(address)} redirects to {redacted(target)}, which is not followed: only http and https are, and not "
        "from https to http; ask who published it for the file's own address"
    )


def _broken(address: str, part: Path, error: Exception) -> ModelError | OSError:
    """The error in one line; a full disk is passed on as it is."""
    if isinstance(error, urllib.error.HTTPError):
        return ModelError(f"{redacted(address)} answers {error.code} {error.reason}; check the address")
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return error
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError | socket.timeout):
        reason = f"nothing came for {SECONDS} seconds"
    have = part.stat().st_size if part.is_file() else 0
    kept = f"; {have:,} bytes are kept, the same command resumes from there" if have else "; try again later"
    return ModelError(f"{redacted(address)} cannot be fetched: {reason}{kept}")

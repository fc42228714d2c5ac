"""Access to the page: requests need the right host name, the page's own origin, and the token where one is set.

Neither starlette nor uvicorn checks any of this. A page of another site could otherwise open a WebSocket to this
machine (cross-site WebSocket hijacking), or a name could be made to point here (DNS rebinding).
"""

import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs, quote, unquote, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from streams.listening import LOOPBACK_NAMES, host_named, is_loopback

__all__ = ["LOOPBACK_NAMES", "Guard", "is_loopback"]

_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    b"content-security-policy": _CONTENT_POLICY.encode(),
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"cache-control": b"no-store",
}


class Guard:
    """ASGI middleware: 403 for another host name, another origin or no token; protective headers for every response.

    Args:
        app: what it guards.
        hosts: names that the page may be called by, without a port; any name when empty, which needs a token.
        token: what a client must bring, as `?token=`, a cookie or `Authorization: Bearer`; None where none is needed.
        port: of the page, known once it is bound: call `bind`.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], token: str | None) -> None:
        self._app, self._hosts, self._token = app, frozenset(hosts), token
        self._cookie = "seqseg_token"

    def bind(self, port: int) -> None:
        """Cookies are shared by all ports of a host, so this page's has the port in its name."""
        self._cookie = f"seqseg_token_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await self._refuse(scope, receive, send, refusal)
        elif scope["type"] == "http" and self._token and b"token=" in scope["query_string"]:
            await self._keep_token(self._token, scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if self._hosts and host_named(host) not in self._hosts:
            return f"this page is not called {host}"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return "another site may not use this page"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_visit(scope, headers):
            return "another site may not use this page"
        if scope["type"] == "websocket" and origin is None and headers.get("sec-fetch-site") is not None:
            return "a browser must send its origin"
        if self._token is not None and not self._has_token(self._token, scope, headers):
            return "the token is missing or wrong; open the address that was printed at the start"
        return None

    def _has_token(self, token: str, scope: Scope, headers: Headers) -> bool:
        cookies = [value for header in headers.getlist("cookie") for value in _cookies(header, self._cookie)]
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        asked = _query(scope).get("token", [""])[0]
        brought = (*cookies, bearer, asked)
        return any([secrets.compare_digest(one.encode(), token.encode()) for one in brought])

    async def _keep_token(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Moves the token from the address, where it would be seen and remembered, into a cookie."""
        rest = {name: values for name, values in _query(scope).items() if name != "token"}
        place = "/" + scope["path"].lstrip("/\\")  # "//evil.com" would lead to another site
        answer = RedirectResponse(place + ("?" + urlencode(rest, doseq=True) if rest else ""), status_code=303)
        answer.set_cookie(
            self._cookie, quote(token, safe=""), httponly=True, samesite="strict", secure=scope["scheme"] == "https"
        )
        await answer(scope, receive, _with_headers(send))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, reason: str) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose(code=1008, reason=reason)(scope, receive, send)  # before accepting: an HTTP 403
        else:  # the connection is closed, so that it does not occupy a slot
            answer = PlainTextResponse(f"{reason}\n", status_code=403, headers={"Connection": "close"})
            await answer(scope, receive, _with_headers(send))


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("utf-8", "replace"))


def _cookies(header: str, name: str) -> list[str]:
    """The values of the cookies of this name. Others may have any form: all ports of a host share their cookies."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [unquote(value.strip('"')) for found, _, value in pairs if found == name]


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """A followed link: it shows the page to its user and nothing to the other site."""
    return scope.get("method") == "GET" and headers.get("sec-fetch-mode") == "navigate"


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name for name, _ in message["headers"]}
            more = [(name, value) for name, value in _HEADERS.items() if name not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return send_with_headers

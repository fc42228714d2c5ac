"""The guard by itself, as an ASGI application over one that always answers."""

import asyncio
from urllib.parse import quote

import pytest

pytest.importorskip("starlette", reason="the live page needs seqseg[live]")

from streams.web.guard import Guard  # noqa: E402

OWN = "seqseg_token_8765=right"


async def answers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(guard, headers, *, path="/", query=b"", method="GET", kind="http"):
    """(status, headers) of the answer."""
    got = []

    async def send(message):
        got.append(message)

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "query_string": query, "scheme": "http", "headers": raw}
    asyncio.run(guard(scope, None, send))
    if kind == "websocket":
        return (got[0].get("code", 101), {})
    return got[0]["status"], {name.decode(): value.decode() for name, value in got[0]["headers"]}


@pytest.fixture
def guard():
    guard = Guard(answers, hosts=[], token="right")
    guard.bind(8765)
    return guard


@pytest.fixture
def local():
    return Guard(answers, hosts=["127.0.0.1", "localhost", "[::1]"], token=None)


@pytest.mark.parametrize(
    "cookie",
    ["a/b=1", 'prefs={"a":1}', "[x]=1", "flag", "a,b=1", "=", ";;", 'a="unfinished', "\xff\xfe=1", "x" * 5000],
)
def test_foreign_cookies_neither_break_the_page_nor_hide_its_own(guard, cookie):
    assert ask(guard, {"host": "h:8765", "cookie": cookie})[0] == 403
    assert ask(guard, {"host": "h:8765", "cookie": cookie, "authorization": "Bearer right"})[0] == 200
    assert ask(guard, {"host": "h:8765", "cookie": f"{cookie}; {OWN}"})[0] == 200
    assert ask(guard, {"host": "h:8765", "cookie": f"{OWN}; {cookie}"})[0] == 200


@pytest.mark.parametrize("cookie", ["seqseg_token_8765=wrong", "seqseg_token_8766=right", "Seqseg_token_8765=right"])
def test_another_token_or_that_of_another_port_does_not_count(guard, cookie):
    assert ask(guard, {"host": "h:8765", "cookie": cookie})[0] == 403


@pytest.mark.parametrize("token", ["a&b #c", "100%", 'q"uote', "ünïcode;,"])
def test_any_token_comes_back_from_its_cookie(token):
    guard = Guard(answers, hosts=[], token=token)
    guard.bind(80)
    status, headers = ask(guard, {"host": "h"}, query=b"token=" + quote(token, safe="").encode())
    cookie = headers["set-cookie"].partition(";")[0]
    assert status == 303 and ask(guard, {"host": "h", "cookie": cookie})[0] == 200


@pytest.mark.parametrize("path", ["//evil.com", "/\\\\evil.com", "///evil.com/x"])
def test_no_address_leads_to_another_site(guard, path):
    status, headers = ask(guard, {"host": "h:8765"}, path=path, query=b"token=right")
    assert status == 303 and headers["location"].startswith("/")
    assert not headers["location"].startswith(("//", "/\\"))


def test_a_query_that_is_not_text_is_refused_like_any_other(guard):
    assert ask(guard, {"host": "h:8765"}, query=b"token=\xff\xfe")[0] == 403


@pytest.mark.parametrize(
    "host",
    ["[::1].evil.com", "evil.com", "127.0.0.1.evil.com", "localhost@evil.com", "", "localhost:80:80", "[::1", "a/b"],
)
def test_a_host_that_is_not_this_page_is_refused(local, host):
    assert ask(local, {"host": host})[0] == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:1", "[::1]:8765", "[::1]"])
def test_a_host_that_is_this_page_is_answered_with_protective_headers(local, host):
    status, headers = ask(local, {"host": host})
    assert status == 200 and headers["x-frame-options"] == "DENY" and headers["content-security-policy"]


def test_a_refused_connection_is_closed_so_that_it_keeps_no_place(guard):
    assert ask(guard, {"host": "h:8765"})[1]["connection"] == "close"


def test_another_origin_is_refused_and_a_followed_link_is_not(local):
    assert ask(local, {"host": "localhost:1", "origin": "http://evil.com"})[0] == 403
    assert ask(local, {"host": "localhost:1", "origin": "http://localhost:1"})[0] == 200
    site = {"host": "localhost:1", "sec-fetch-site": "cross-site"}
    assert ask(local, site | {"sec-fetch-mode": "cors"})[0] == 403
    assert ask(local, site | {"sec-fetch-mode": "navigate"})[0] == 200


def test_a_socket_of_another_origin_is_closed_before_it_is_accepted(local):
    assert ask(local, {"host": "localhost:1", "origin": "http://evil.com"}, kind="websocket")[0] == 1008

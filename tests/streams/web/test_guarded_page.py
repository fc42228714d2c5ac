"""Who may ask the page's server: its own page, and who knows the token."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.streams.web.asking import ask, look
from tests.streams.web.conftest import LOOKS, SOON, serving


@pytest.mark.parametrize("path", ["/", "/api/streams", "/api/streams/1/overlay.png"])
def test_another_host_name_is_refused(served, path):
    assert ask(served, path, Host=f"evil.example:{served.page.port}")[0] == 403


def test_another_sites_page_may_not_ask(served):
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        assert ask(served, f"/api/streams/{served.stream.id}/reset", "POST", **headers)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "http://127.0.0.1:1"])
def test_another_sites_page_may_not_open_a_socket(served, origin):
    for path in ("/api/view", "/api/camera"):
        with pytest.raises(InvalidStatus) as refused, look(served, path, additional_headers={"Origin": origin}):
            pass
        assert refused.value.response.status_code == 403


def test_rebinding_a_name_to_this_machine_does_not_help(served):
    evil = f"evil.example:{served.page.port}"
    assert ask(served, "/api/streams", Host=evil, Origin=f"http://{evil}")[0] == 403


def test_the_pages_own_origin_may(served):
    own = f"http://127.0.0.1:{served.page.port}"
    assert ask(served, f"/api/streams/{served.stream.id}/reset", "POST", Origin=own)[0] == 200
    with look(served, additional_headers={"Origin": own}) as socket:
        assert json.loads(socket.recv(SOON))["type"] == "hello"


def test_a_token_is_needed_where_there_is_one():
    with serving(token="open sesame") as served:
        assert ask(served, "/api/streams")[0] == 403
        assert ask(served, "/api/streams?token=wrong")[0] == 403
        assert ask(served, "/api/streams", Authorization="Bearer open sesame")[0] == 200
        status, _, headers = ask(served, "/?token=open%20sesame")
        assert (status, headers["location"]) == (303, "/")  # the token is out of the address at once
        assert "HttpOnly" in headers["set-cookie"] and "SameSite=strict" in headers["set-cookie"]
        cookie = headers["set-cookie"].partition(";")[0]
        assert ask(served, "/", Cookie=cookie)[0] == 200
        with pytest.raises(InvalidStatus), look(served):
            pass
        with look(served, additional_headers={"Cookie": cookie}) as socket:
            assert json.loads(socket.recv(SOON))["type"] == "hello"


def test_an_address_that_others_can_reach_gets_a_token_by_itself():
    from streams.engine.engine import Engine
    from streams.web import Page

    page = Page(Engine(lambda images, states: (images, states)), LOOKS, host="0.0.0.0")
    assert len(page.token) >= 20 and page.token in page.url

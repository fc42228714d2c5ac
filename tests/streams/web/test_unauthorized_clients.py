"""Clients without a token that attack a real page."""

import socket
import time

import pytest

from streams.pending_connections import MOST
from tests.streams.dripping import is_cut_while_it_drips
from tests.streams.web.conftest import SOON, serving

OWNER = b"GET /api/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer right\r\nConnection: close\r\n\r\n"


def connected(served, sent):
    connection = socket.create_connection(("127.0.0.1", served.page.port), SOON)
    connection.sendall(sent)
    return connection


def answer(served, sent):
    with connected(served, sent) as connection:
        connection.settimeout(SOON)
        return connection.recv(4096)


def is_cut(connection):
    connection.settimeout(SOON)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def guarded():
    with serving(token="right") as served:
        yield served


def test_half_open_connections_do_not_block_the_owner_and_log_one_line(guarded, caplog):
    clients = [connected(guarded, b"GET / HTTP/1.1\r\nHost: x\r\n") for _ in range(MOST + 40)]
    begin = time.monotonic()
    assert b" 200 " in answer(guarded, OWNER)
    assert time.monotonic() - begin < 5
    assert all(is_cut(connection) for connection in clients[:40])
    for connection in clients:
        connection.close()
    assert [record.name for record in caplog.records] == ["streams.pending_connections"]


def test_a_request_that_is_not_whole_in_time_is_cut_off(monkeypatch):
    from streams.web import server

    monkeypatch.setattr(server.Listening.__init__, "__kwdefaults__", {"seconds": 0.3})
    with serving(token="right") as served, connected(served, b"GET / HTTP/1.1\r\nX: ") as connection:
        assert is_cut_while_it_drips(connection, within=SOON)


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1e3", "%D9%A1", "x"])
def test_a_stream_number_that_is_invalid_is_a_404(guarded, number):
    head = f"POST /api/streams/{number}/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer right\r\n"
    assert b" 404 " in answer(guarded, f"{head}Connection: close\r\n\r\n".encode())
    head = f"GET /api/streams/{number}/mask.png HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer right\r\n"
    assert b" 404 " in answer(guarded, f"{head}Connection: close\r\n\r\n".encode())


@pytest.mark.parametrize(
    "request_line", [b"\x16\x03\x01\x02", b"GET \xff\xfe HTTP/1.1", b"GET / HTTP/9.9", b"NONSENSE"]
)
def test_what_is_no_request_is_refused_without_a_word_on_the_terminal(guarded, request_line, capfd):
    assert b" 200 " not in answer(guarded, request_line + b"\r\nHost: x\r\n\r\n")
    assert b" 200 " in answer(guarded, OWNER)
    assert capfd.readouterr().err == ""


def test_a_refused_connection_does_not_stay_open(guarded):
    with connected(guarded, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as connection:
        connection.settimeout(SOON)
        received = b""
        while part := connection.recv(4096):
            received += part
    assert b" 403 " in received

from urllib.parse import parse_qs, urlsplit

import pytest

from streams import StreamError
from streams.listening import host_named, parse_address, url_of


@pytest.mark.parametrize(
    "text, address",
    [
        ("8090", ("127.0.0.1", 8090)),
        (":8090", ("127.0.0.1", 8090)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:8090", ("::1", 8090)),
        ("door.local:0", ("door.local", 0)),
    ],
)
def test_an_address_is_a_port_with_or_without_a_host(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "http", "localhost:", "localhost:99999", "8090/x", "::1:80", "a b:80", "http://x:80", "٣٤", "8090\n"]
)
def test_an_address_that_is_invalid_is_refused(text):
    with pytest.raises(StreamError, match=r"must be \[HOST:\]PORT"):
        parse_address(text)


@pytest.mark.parametrize("token", ["a&b #c", "100%", "a=b&token=other", "ü/+ ?"])
def test_the_printed_address_brings_the_token_back_as_it_is(token):
    assert parse_qs(urlsplit(url_of("127.0.0.1", 80, token=token)).query) == {"token": [token]}


@pytest.mark.parametrize("header", ["[::1].evil.com", "a@b", "a:b", "", "a/b", "[", "localhost:80:80"])
def test_a_malformed_host_header_names_no_host(header):
    assert host_named(header) is None

import html
import json

import pytest

from streams import SourceError
from streams.sources.reading.addresses import Secrets, is_address, redacted, scheme_of


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://camera:554/live", "rtsp://camera:554/live"),
        ("rtsp://admin:secret@camera/live", "rtsp://admin:***@camera/live"),
        ("rtsp://admin:se@cr@et@camera/live", "rtsp://admin:***@camera/live"),
        ("rtsp://admin:se/cr?et@camera/live", "rtsp://admin:***@camera/live"),
        ("rtsp://secret@camera/live", "rtsp://***@camera/live"),
        ("http://host/@name/live.m3u8", "http://host/@name/live.m3u8"),
        ("http://[::1]:8080/a@b", "http://[::1]:8080/a@b"),
        ("http://host/v?user=me&pwd=secret&channel=1", "http://host/v?user=***&pwd=***&channel=1"),
        ("https://host/live?access_token=secret#x", "https://host/live?access_token=***#x"),
        ("http://host/v?x=1;password=secret", "http://host/v?x=1;password=***"),
    ],
)
def test_passwords_and_tokens_of_addresses_are_not_shown(address, shown):
    assert redacted(address) == shown
    assert redacted(f"cannot open '{address}': no") == f"cannot open '{shown}': no"


@pytest.mark.parametrize(
    "password", ["hun'ter2", "hun ter2", 'hun"ter2', "hun<ter2", "hun>ter2", "hun{ter2}", "a/hun ter2"]
)
def test_a_password_may_have_quotes_spaces_and_brackets(password):
    address = f"rtsp://admin:{password}@camera:554/live"
    assert redacted(address) == "rtsp://admin:***@camera:554/live"
    assert redacted(f"cannot open {address}: no") == "cannot open rtsp://admin:***@camera:554/live: no"
    secrets = Secrets(address)
    for text in (address, json.dumps({"source": address}), repr(address), html.escape(address), f"401 for {password}"):
        assert "ter2" not in secrets.clean(text)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtmp://live.example/app/STREAMKEY-abcd", "rtmp://live.example/app/***"),
        ("rtmps://live.example:443/app/x/KEY?a=b", "rtmps://live.example:443/app/x/***?a=***"),
        ("rtmp://live.example/app", "rtmp://live.example/app"),
        ("http://camera/video?p=hunter2&channel=1", "http://camera/video?p=***&channel=1"),
        ("http://camera/video?p=1234&x=1", "http://camera/video?p=***&x=1"),
        ("srt://host:9000?streamid=publish:me:hunter2&latency=200", "srt://host:9000?streamid=***&latency=200"),
        ("rtsp://host/user=admin&password=hunter2&channel=1.sdp", "rtsp://host/user=***&password=***&channel=1.sdp"),
        ("http://host/x#access=hunter2", "http://host/x#access=***"),
        ("http://host/x?q=it's me <hunter2>", "http://host/x?q=***"),
    ],
)
def test_what_is_secret_is_decided_by_where_it_stands(address, shown):
    assert redacted(address) == shown


def test_every_address_of_a_text_is_redacted():
    text = "rtsp://a:secret@b/x was lost; http://c/?token=secret answers, udp://d:1 does not"
    assert redacted(text) == "rtsp://a:***@b/x was lost; http://c/?token=*** answers, udp://d:1 does not"


@pytest.mark.parametrize("said", ["s3cr%40t", "s3cr@t", "YWRtaW46czNjckB0"])
def test_a_password_is_found_as_written_decoded_and_as_a_header_has_it(said):
    assert Secrets("rtsp://admin:s3cr%40t@camera/").clean(f"Authorization: Basic {said} refused").count(said) == 0


def test_text_without_secrets_stays_as_it_is():
    assert Secrets("rtsp://camera/live").clean("Connection refused at 10:30") == "Connection refused at 10:30"


@pytest.mark.parametrize(
    ("text", "network"), [("rtsp://x/", True), ("file:///a.mp4", False), ("C:\\a.mp4", False), ("a:b", False)]
)
def test_addresses_are_told_from_files(text, network):
    assert is_address(text) is network


def test_a_scheme_is_known_whatever_its_case():
    assert scheme_of("RTSP://camera/live") == "rtsp"


def test_an_unknown_scheme_is_refused_without_its_password():
    with pytest.raises(SourceError, match=r"ftp://me:\*\*\*@host/ cannot be read: ftp:// is none of rtsp"):
        scheme_of("ftp://me:secret@host/")

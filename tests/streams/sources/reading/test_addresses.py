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

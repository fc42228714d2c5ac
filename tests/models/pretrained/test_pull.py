"""Files come into the cache complete and checked, or not at all; an interrupted download resumes."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler

import pytest

from seqseg.errors import ConfigError, ModelError
from seqseg.models.pretrained import pull as pulling
from seqseg.models.pretrained.cache import cached, entries
from seqseg.models.pretrained.finding import find
from seqseg.models.pretrained.pull import pull, redacted

DATA = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def serve(start_http):
    """serve(**options) -> (address of a file, the requested Range headers)."""

    def start(*, data=DATA, cut=None, ranges=True, redirect=None, status=None):
        asked, cuts = [], [cut]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range")
                asked.append(wanted)
                if redirect and self.path != "/moved.keras":
                    self.send_response(302)
                    self.send_header("Location", redirect)
                    self.end_headers()
                    return
                if status:
                    self.send_error(status)
                    return
                first = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and ranges else 0
                if first >= len(data):
                    self.send_error(416)
                    return
                self.send_response(206 if wanted and ranges else 200)
                if wanted and ranges:
                    self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
                self.send_header("Content-Length", str(len(data) - first))
                self.end_headers()
                self.wfile.write(data[first : cuts.pop() if cuts else None])
                cuts.clear()

            def log_message(self, *_):
                pass

        return f"http://{start_http(Handler)}/street.keras", asked

    return start


def test_an_address_and_its_sha256_become_a_name(serve, cache):
    address, _ = serve()
    seen = []
    entry = pull(address, sha256=SHA256, progress=lambda done, total: seen.append((done, total)))
    assert (entry.name, entry.sha256, entry.bytes, entry.origin) == ("street", SHA256, len(DATA), address)
    assert cached("street").read_bytes() == DATA
    assert find("street") == cache / "street.keras"
    assert seen[-1] == (len(DATA), len(DATA))
    assert sorted(path.name for path in cache.iterdir()) == ["street.json", "street.keras"]


def test_the_sha256_may_be_at_the_end_of_the_address(serve):
    address, _ = serve()
    assert pull(f"{address}#sha256={SHA256.upper()}", name="a-b").name == "a-b"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_fetch_that_broke_resumes_or_starts_again(serve, cache, ranges):
    address, asked = serve(cut=300_000, ranges=ranges)
    with pytest.raises(ModelError, match=r"connection ended after 300,000 of 1,280,000 bytes; 300,000 bytes are kept"):
        pull(address, sha256=SHA256)
    assert not entries()
    pull(address, sha256=SHA256)
    assert asked == [None, "bytes=300000-"]
    assert cached("street").read_bytes() == DATA


def test_what_is_longer_than_the_file_is_of_another_one_and_fetched_again(serve, cache):
    address, asked = serve()
    cache.mkdir()
    (cache / f".{SHA256}.part").write_bytes(DATA + b"more")
    pull(address, sha256=SHA256)
    assert asked == [f"bytes={len(DATA) + 4}-", None]


def test_what_was_fetched_whole_before_a_kill_is_not_fetched_again(cache):
    cache.mkdir()
    (cache / f".{SHA256}.part").write_bytes(DATA)
    assert pull("http://127.0.0.1:9/street.keras", sha256=SHA256).bytes == len(DATA)


def test_another_file_than_the_one_meant_is_not_kept(serve, cache):
    address, _ = serve(data=DATA[:-1])
    with pytest.raises(ModelError, match=rf"street\.keras gives has sha256 \w+, expected {SHA256}; nothing was kept"):
        pull(address, sha256=SHA256)
    assert list(cache.iterdir()) == []


def test_a_redirect_to_another_address_is_followed(serve):
    address, asked = serve(redirect="/moved.keras")
    pull(address, sha256=SHA256)
    assert len(asked) == 2


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x.keras", "data:,x"])
def test_a_redirect_to_a_file_is_not_followed(serve, target):
    address, _ = serve(redirect=target)
    with pytest.raises(ModelError, match=r"redirects to (file|ftp|data):.*, which is not followed"):
        pull(address, sha256=SHA256)
    assert not entries()


def test_an_address_without_the_file_says_what_the_server_said(serve):
    address, _ = serve(status=404)
    with pytest.raises(ModelError, match=r"street\.keras answers 404 Not Found; check the address"):
        pull(address, sha256=SHA256)


def test_a_server_that_is_not_there_is_one_line(free_port):
    with pytest.raises(ModelError, match=r"cannot be fetched: .*refused.*; try again later"):
        pull(f"http://127.0.0.1:{free_port}/street.keras", sha256=SHA256)


def test_a_server_that_falls_silent_is_one_line(start_http, monkeypatch):
    import threading

    over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self):
            over.wait(20)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(pulling, "SECONDS", 0.2)
    try:
        with pytest.raises(ModelError, match=r"nothing came for 0\.2 seconds"):
            pull(f"http://{start_http(Silent)}/street.keras", sha256=SHA256)
    finally:
        over.set()


def test_passwords_and_tokens_are_in_no_message_and_no_file(serve, cache):
    assert redacted("https://ada:secret@example.org/x.keras?token=abc#f") == "https://example.org/x.keras"
    address, _ = serve()
    pull(address + "?token=abc", sha256=SHA256)
    assert "abc" not in (cache / "street.json").read_text()


def test_an_address_without_sha256_is_refused_before_anything_is_fetched():
    with pytest.raises(ConfigError, match=r"needs the sha256 of its file.*add --sha256 HEX"):
        pull("http://127.0.0.1:9/street.keras")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/x.keras", "s3://bucket/x.keras"])
def test_other_kinds_of_addresses_are_refused(address):
    with pytest.raises(ConfigError, match=r"is neither a file nor an http address"):
        pull(address, sha256=SHA256)


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64])
def test_a_sha256_that_is_invalid_is_refused(sha256):
    with pytest.raises(ConfigError, match=r"a sha256 is 64 hexadecimal digits"):
        pull("http://127.0.0.1:9/street.keras", sha256=sha256)


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a b"])
def test_a_name_that_is_a_path_or_hidden_is_refused(tmp_path, name):
    (tmp_path / "net.keras").write_bytes(DATA)
    if name:
        with pytest.raises(ConfigError, match="a name holds letters, digits"):
            pull(str(tmp_path / "net.keras"), name=name)
    assert cached(name) is None


def test_a_local_file_is_copied_under_its_own_name(tmp_path):
    (tmp_path / "net.weights.h5").write_bytes(DATA)
    assert pull(str(tmp_path / "net.weights.h5")).file == "net.weights.h5"
    (tmp_path / "net.weights.h5").unlink()
    assert cached("net").read_bytes() == DATA


def test_a_file_that_is_no_model_or_not_there_is_refused(tmp_path):
    (tmp_path / "net.txt").write_bytes(DATA)
    with pytest.raises(ConfigError, match=r"net\.txt is no model or weights file; those end in \.weights\.h5, \.keras"):
        pull(str(tmp_path / "net.txt"))
    with pytest.raises(ModelError, match=r"no file at nowhere\.keras"):
        pull("nowhere.keras")


def test_a_local_file_with_another_sha256_is_refused(tmp_path):
    (tmp_path / "net.keras").write_bytes(DATA[1:])
    with pytest.raises(ModelError, match=rf"has sha256 \w+, expected {SHA256}"):
        pull(str(tmp_path / "net.keras"), sha256=SHA256)


def test_a_file_that_changed_in_the_cache_is_named_with_the_command_that_brings_it_back(tmp_path, cache):
    (tmp_path / "net.keras").write_bytes(DATA)
    pull(str(tmp_path / "net.keras"))
    (cache / "net.keras").write_bytes(DATA[1:])
    with pytest.raises(ModelError, match=rf"changed since it was pulled.*seqseg pull .* --name net --sha256 {SHA256}"):
        find("net")


@pytest.mark.parametrize("text", ["", "[]", '{"name": "net"}', json.dumps({"file": "../x"})])
def test_a_record_of_the_cache_that_is_damaged_is_named(cache, text):
    cache.mkdir()
    (cache / "net.json").write_text(text)
    with pytest.raises(ModelError, match=r"net\.json is damaged .*; remove it and pull net again"):
        find("net")

"""The page over HTTPS, with a certificate made on the spot."""

import http.client
import shutil
import ssl
import subprocess

import pytest
from websockets.sync.client import connect

from streams.errors import StreamError
from streams.web.certificate import check_certificate
from tests.streams.web.conftest import SOON, serving

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which makes the certificate, is missing"
)


def made(folder, name, *more):
    """Certificate and key, signed by itself, for this machine."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    what = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=seqseg"]
    whom = ["-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    locked = more or ["-nodes"]
    subprocess.run(
        ["openssl", "req", "-x509", *what, *whom, *locked, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def pair(folder):
    return made(folder, "page")


def test_the_page_is_served_over_https_and_its_sockets_too(pair):
    certificate, key = pair
    trusted = ssl.create_default_context(cafile=certificate)
    with serving(certificate=certificate, key=key, token="secret") as served:
        assert served.page.url == f"https://127.0.0.1:{served.page.port}/?token=secret"
        connection = http.client.HTTPSConnection("127.0.0.1", served.page.port, timeout=SOON, context=trusted)
        connection.request("GET", "/?token=secret")
        answer = connection.getresponse()
        assert answer.status == 303 and "Secure" in answer.headers["set-cookie"]
        connection.close()
        address = f"wss://127.0.0.1:{served.page.port}/api/view?token=secret"
        with connect(address, ssl=trusted, open_timeout=SOON, origin=served.page.url.partition("/?")[0]) as socket:
            assert "hello" in socket.recv(SOON)


def test_a_file_may_hold_certificate_and_key(pair, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in pair))
    check_certificate(both)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (lambda pair, other: (pair[0], other[1]), "page.pem and .*other.key do not belong together"),
        (lambda pair, other: (pair[0], None), "page.pem hold no certificate with its key"),
        (lambda pair, other: (pair[1], pair[0]), "page.key and .*page.pem hold no certificate"),
        (lambda pair, other: (pair[0], pair[0].with_name("none.key")), "none.key cannot be read: No such file"),
    ],
)
def test_files_that_are_no_pair_are_reported(files, message, pair, folder):
    other = made(folder, "other")
    with pytest.raises(StreamError, match=message):
        check_certificate(*files(pair, other))


def test_a_key_with_a_password_is_told_and_no_one_is_asked_for_it(folder):
    with pytest.raises(StreamError, match="locked with a password"):
        check_certificate(*made(folder, "locked", "-passout", "pass:secret"))

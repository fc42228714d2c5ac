"""The folder that segments a browser's camera in the browser, beside the live page."""

import urllib.error
import urllib.request

import pytest

from streams.errors import StreamError
from streams.web.device import check_device_folder
from tests.streams.web.conftest import serving


@pytest.fixture
def folder(tmp_path):
    for name in ("index.html", "model.json", "step.wasm"):
        (tmp_path / name).write_text(name)
    (tmp_path / "secret.key").write_text("secret")
    return tmp_path


def test_only_the_folder_s_answers_allow_webassembly(folder):
    with serving(device=folder) as served:
        page = urllib.request.urlopen(served.page.url)
        here = urllib.request.urlopen(f"{served.page.url.rstrip('/')}/device/")
        wasm = urllib.request.urlopen(f"{served.page.url.rstrip('/')}/device/step.wasm")
        assert here.read() == b"index.html" and wasm.headers["content-type"] == "application/wasm"
        policies = [answer.headers["content-security-policy"] for answer in (page, here, wasm)]
        assert ["wasm-unsafe-eval" in policy for policy in policies] == [False, True, True]
        assert here.headers["cross-origin-embedder-policy"] == "require-corp"
        for name in ("secret.key", "nothing.js", "..%2Findex.html"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{served.page.url.rstrip('/')}/device/{name}")


def test_a_folder_without_a_page_is_one_line(tmp_path):
    with pytest.raises(StreamError, match="holds no page"):
        check_device_folder(tmp_path)

"""The exported page in a real browser, with a fake camera: its masks are those of Keras on the same pixels."""

import base64
import functools
import http.server
import shutil
import threading

import numpy as np
import pytest

from seqseg.errors import ExportError
from seqseg.export.verify import verify
from seqseg.export.web.runtime_files import runtime_files
from seqseg.export.write import export_model
from tests.export.conftest import SIZE, require

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
]  # fmt: skip
FRAMES = 8
COLLECT = """frames => new Promise(done => {
  const text = bytes => { let out = ""; for (const one of bytes) out += String.fromCharCode(one); return btoa(out); };
  const seen = [];
  addEventListener("segmented", ({ detail }) => {
    seen.push([text(detail.pixels), text(detail.mask)]);
    if (seen.length === frames) done(seen);
  });
  document.querySelector("#camera").click();
})"""


@pytest.fixture(scope="module")
def folder(net, tmp_path_factory):
    require("web")
    try:
        runtime_files()
    except ExportError as error:
        pytest.skip(str(error))
    return export_model(net, tmp_path_factory.mktemp("web") / "page", format="web", size=SIZE)


@pytest.fixture
def address(folder):
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def browser(tmp_path):
    if CHROMIUM is None:
        pytest.skip("needs a Chromium: none is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    rng = np.random.default_rng(6)
    frames = np.kron(rng.integers(16, 236, (10, 15, 20)).astype("uint8"), np.ones((1, 8, 8), "uint8"))
    chroma = rng.integers(90, 160, 2 * 60 * 80).astype("uint8").tobytes()
    y4m = tmp_path / "camera.y4m"
    content = b"".join(b"FRAME\n" + frame.tobytes() + chroma for frame in frames)
    y4m.write_bytes(b"YUV4MPEG2 W160 H120 F30:1 Ip A1:1 C420jpeg\n" + content)
    with playwright.sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-video-capture={y4m}"]
        )
        yield chromium
        chromium.close()


def test_masks_of_the_page_are_those_of_keras_and_nothing_leaves_the_server(browser, address, net):
    page = browser.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#camera:not([disabled])", timeout=60_000)
    seen = page.evaluate(COLLECT, FRAMES)
    state = net.initial_state(1, *SIZE)
    for pixels, mask in seen:
        frame = np.frombuffer(base64.b64decode(pixels), "uint8").reshape(1, *SIZE, 3)
        logits, state = net(frame, state=state, return_state=True, training=False)
        came = np.frombuffer(base64.b64decode(mask), "uint8").reshape(SIZE)
        assert (came == np.asarray(logits)[0].argmax(-1)).mean() >= 0.999
    assert len({pixels for pixels, _ in seen}) > 1  # the camera's picture moves
    assert page.inner_text("#classes").split() == ["ground", "cell", "wall"]
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []
    assert complaints == []


def test_the_step_inside_is_verified_like_any_other(folder, net):
    assert verify(folder, net).problems == ()


def test_what_a_page_cannot_be_is_one_line(net, tmp_path, monkeypatch):
    require("web")
    monkeypatch.setenv("SEQSEG_CACHE", str(tmp_path / "empty"))
    with pytest.raises(ExportError, match="seqseg pull onnxruntime-web"):
        export_model(net, tmp_path / "page", format="web", size=SIZE)
    with pytest.raises(ExportError, match="one camera"):
        export_model(net, tmp_path / "page", format="web", size=SIZE, batch=2)
    assert not (tmp_path / "page").exists()

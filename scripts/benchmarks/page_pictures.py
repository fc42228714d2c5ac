"""Pictures of the live page in a real browser, with two streams and its camera; desktop and phone, light and dark."""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from seqseg.data.kinds.shapes import shapes_stream

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
]  # fmt: skip
LOOKS = {
    "desktop-light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "desktop-dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone-light": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


def main():
    parser = argparse.ArgumentParser(prog="scripts/page_pictures", description=__doc__)
    parser.add_argument("run", nargs="?", default="demo/run", help="a trained run (demo/run)")
    parser.add_argument("--source", action="append", default=[], help="what is streamed (the demo's movie and shapes)")
    parser.add_argument("--out", default="docs", metavar="DIR", help="where the pictures go (docs)")
    args = parser.parse_args()
    sources = args.source or [str(Path(args.run).parent / "movie.mp4"), "shapes"]
    command = [sys.executable, "-m", "seqseg.cli.main", "stream", args.run, "--serve", "0", "--loop"]
    command += [word for source in sources for word in ("--source", source)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in server.stderr if "page is at" in line)
        take_pictures(re.search(r"http://\S+", line)[0], Path(args.out))
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)


def take_pictures(url, folder):
    """One picture for each of LOOKS, with the browser's camera switched on where there is room."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as player:
        camera = write_camera(Path(scratch) / "camera.y4m")
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for name, look in LOOKS.items():
            page = browser.new_context(**look).new_page()
            page.goto(url)
            page.wait_for_selector(".card .waiting", state="hidden", timeout=120_000)
            if name.startswith("desktop"):
                page.click("#camera")
                page.wait_for_selector('.card[aria-label^="Stream browser"]', timeout=60_000)
                page.wait_for_selector('.card[aria-label^="Stream browser"] .waiting', state="hidden", timeout=120_000)
                page.select_option('.card:nth-of-type(2) [name="view"]', "beside")
            page.wait_for_timeout(8_000)  # so that the strips have something to show
            page.screenshot(path=folder / f"page-{name}.png")
            page.context.close()
        browser.close()


def write_camera(path):
    """Moving shapes as the movie that the browser uses as its camera."""
    frames = shapes_stream(seed=5, size=(96, 128))
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W128 H96 F15:1 Ip A1:1 C420jpeg\n")
        for _ in range(150):
            file.write(b"FRAME\n" + planes_of(next(frames)))
    return path


def planes_of(image):
    """RGB (h, w, 3) as the bytes of Y, Cb and Cr (BT.601), the colours at half the size, one plane after the other."""
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    luma = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    first = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    second = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    halved = [plane.reshape(plane.shape[0] // 2, 2, -1, 2).mean((1, 3)) for plane in (first, second)]
    return b"".join(plane.round().astype(np.uint8).tobytes() for plane in (luma, *halved))


if __name__ == "__main__":
    main()

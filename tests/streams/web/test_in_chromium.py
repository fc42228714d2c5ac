"""The page in a real browser: what a person sees and does."""

import shutil
import threading
import time

import numpy as np
import pytest

from tests.streams.web.conftest import picture, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SOON = 20_000  # milliseconds that playwright waits
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]  # fmt: skip
if CHROMIUM is None:
    pytest.skip("needs a Chromium: none is installed", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")


@pytest.fixture(scope="module")
def y4m(tmp_path_factory):
    """What the browser uses as its camera: the left half dark, the right half bright (120, 160), forever."""
    path = tmp_path_factory.mktemp("camera") / "camera.y4m"
    luma = np.full((120, 160), 16, np.uint8)
    luma[:, 80:] = 235
    frame = b"FRAME\n" + luma.tobytes() + bytes([128]) * (2 * 60 * 80)
    path.write_bytes(b"YUV4MPEG2 W160 H120 F30:1 Ip A1:1 C420jpeg\n" + 30 * frame)
    return path


@pytest.fixture(scope="module")
def browser(y4m):
    with playwright.sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-video-capture={y4m}"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def fed():
    """A page whose stream gets a picture every few milliseconds, each a different one."""
    with serving() as served:
        over = threading.Event()

        def feed():
            level = 0
            while not over.wait(0.03):
                level = (level + 1) % 60
                served.source.push(picture(190 + level, size=(90, 122)))

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        yield served
        over.set()
        feeder.join()


@pytest.fixture
def page(browser, fed):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SOON)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(fed.page.url)
    page.wait_for_selector(".card .waiting", state="hidden")
    yield page
    context.close()
    assert complaints == []


def colour_at(page, x, y):
    """The pixel that is shown, as the canvas has it."""
    script = "([x, y]) => [...document.querySelector('.picture').getContext('2d').getImageData(x, y, 1, 1).data]"
    return page.evaluate(script, [x, y])[:3]


def until(fact):
    end = time.monotonic() + SOON / 1000
    while not fact():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def status(page):
    return page.inner_text(".status")


def test_live_frames_arrive_with_their_mask_over_them(page):
    first = colour_at(page, 100, 40)
    until(lambda: colour_at(page, 100, 40) != first)
    red, green, blue = colour_at(page, 100, 40)
    assert red > green > blue  # (250, 190, 40) over grey
    left = colour_at(page, 10, 40)
    assert max(left) - min(left) <= 6  # nothing over the dark half
    assert page.inner_text(".legend label:nth-of-type(2) output") == "50.0 %"


def test_a_class_can_be_switched_off_and_the_colours_made_stronger(page):
    page.uncheck('[name="class-1"]')
    until(lambda: max(colour_at(page, 100, 40)) - min(colour_at(page, 100, 40)) <= 6)
    page.check('[name="class-1"]')
    page.fill('[name="opacity"]', "100")
    until(lambda: colour_at(page, 100, 40) == [250, 190, 40])


@pytest.mark.parametrize(("view", "width"), [("overlay", 122), ("beside", 244), ("mask", 122), ("picture", 122)])
def test_each_view_has_its_shape(page, view, width):
    page.select_option('[name="view"]', view)
    until(lambda: page.evaluate("document.querySelector('.picture').width") == width)
    if view == "mask":
        until(lambda: colour_at(page, 100, 40) == [250, 190, 40] and colour_at(page, 10, 40) == [0, 0, 0])
    if view == "beside":
        until(lambda: colour_at(page, 222, 40) == [250, 190, 40])
    if view == "picture":
        until(lambda: max(colour_at(page, 100, 40)) - min(colour_at(page, 100, 40)) <= 6)


def test_pause_resume_reset_and_detach(page, fed):
    page.click('[name="pause"]')
    until(lambda: status(page) == "paused")
    assert page.get_attribute('[name="pause"]', "aria-pressed") == "true"
    page.click('[name="pause"]')
    until(lambda: status(page) == "running")
    until(lambda: fed.stream.state > 10)
    page.click('[name="reset"]')
    until(lambda: fed.stream.fresh_starts >= 1)
    page.click('[name="detach"]')
    until(lambda: status(page) == "ended")
    assert page.is_disabled('[name="pause"]')


def test_the_keyboard_does_it_too(page):
    page.focus(".card")
    page.keyboard.press(" ")
    until(lambda: status(page) == "paused")
    page.keyboard.press("m")
    until(lambda: page.input_value('[name="view"]') == "beside")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.id"))
    assert {"view", "opacity", "pause", "reset", "snapshot", "record", "detach", "class-0", "class-1"} <= reached


def test_what_is_shown_can_be_kept_as_a_picture_and_as_a_movie(page):
    with page.expect_download() as download:
        page.click('[name="snapshot"]')
    assert download.value.suggested_filename == "pushed.png"
    with open(download.value.path(), "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    page.click('[name="record"]')
    until(lambda: page.inner_text('[name="record"]') == "Stop recording")
    first = colour_at(page, 100, 40)
    until(lambda: colour_at(page, 100, 40) != first)
    with page.expect_download() as download:
        page.click('[name="record"]')
    with open(download.value.path(), "rb") as file:
        assert len(file.read()) > 200


def test_figures_are_reported(page):
    until(lambda: page.inner_text('[name="latency"]').endswith("ms"))
    until(lambda: page.inner_text('[name="interval"]').endswith("ms"))
    until(lambda: page.inner_text('[name="steadiness"]').endswith("%"))
    until(lambda: "frames" in page.inner_text('[name="age"]'))
    until(lambda: page.inner_text('[name="dropped"]') != "–")  # "none", or what a busy machine could not take


def test_the_devices_camera_is_segmented_and_shown(page):
    page.click("#camera")
    page.wait_for_selector('.card[aria-label^="Stream browser"] .waiting', state="hidden")
    card = '.card[aria-label^="Stream browser"]'
    share = f"{card} .legend label:nth-of-type(2) output"  # empty until the first picture
    until(lambda: abs(float((page.inner_text(share) or "0").split()[0]) - 50) < 2)
    assert page.get_attribute("#camera", "aria-pressed") == "true"
    page.click("#camera")
    page.wait_for_selector(card, state="detached")


def test_a_server_that_is_gone_is_told_and_looked_for(page, fed):
    fed.page._served[0].should_exit = True
    until(lambda: page.get_attribute("#connection", "data-state") == "lost")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (1280, 900)])
def test_nothing_sticks_out_at_the_side(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_is_dark_where_the_device_is(page):
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light

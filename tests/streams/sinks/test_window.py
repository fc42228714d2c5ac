import os
import sys

import cv2
import numpy as np
import pytest

from streams import ArraySource, Overlay, SinkError, WindowSink, run

CLIP = np.zeros((6, 5, 7, 3), np.uint8)


class FakeScreen:
    """A window that is closed after so many pictures."""

    def __init__(self, patience):
        self.shown, self.patience, self.closed = [], patience, False

    def show(self, image):
        self.shown.append(image)
        return len(self.shown) < self.patience

    def close(self):
        self.closed = True


def ones(image, state):
    return np.ones(image.shape[:2], np.uint8), None


@pytest.fixture
def overlay():
    return Overlay(np.uint8([[0, 0, 0], [0, 0, 200]]), ["ground", "car"], legend=False)


def test_the_overlay_is_shown_in_rgb(overlay):
    screen = FakeScreen(patience=10)
    run(ArraySource(CLIP), ones, WindowSink("test", overlay, screen=screen))
    assert len(screen.shown) == 6 and screen.shown[0][0, 0].tolist() == [0, 0, 100]
    assert screen.closed


def test_closing_the_window_ends_the_run(overlay):
    screen = FakeScreen(patience=3)
    assert run(ArraySource(CLIP), ones, WindowSink("test", overlay, screen=screen)).frames == 3
    assert screen.closed


@pytest.mark.skipif(
    "NONE" not in next(line for line in cv2.getBuildInformation().splitlines() if "GUI:" in line),
    reason="this OpenCV can show windows",
)
def test_an_opencv_without_windows_says_what_to_install(overlay):
    with pytest.raises(SinkError, match="has no windows; install opencv-python"), WindowSink("test", overlay):
        pass


@pytest.mark.skipif(
    sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
    reason="there is a display",
)
def test_a_machine_without_a_display_says_so(overlay):
    with pytest.raises(SinkError, match="no windows|no display"), WindowSink("test", overlay):
        pass

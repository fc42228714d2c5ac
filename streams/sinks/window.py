"""The overlay in a window."""

import os
import sys
import time
from typing import Protocol

import cv2
import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.overlay import Overlay
from streams.sinks.sink import Sink

QUIT_KEYS = (ord("q"), 27)  # q and Esc


class Screen(Protocol):
    """A window: shows an RGB picture and returns whether the user keeps it open."""

    def show(self, image: np.ndarray) -> bool: ...
    def close(self) -> None: ...


class WindowSink(Sink):
    """Shows the overlay; q, Esc or closing the window ends the run. Use it in the main thread, without `Background`."""

    name = "the window"
    screen = True

    def __init__(self, title: str, overlay: Overlay, *, screen: Screen | None = None) -> None:
        super().__init__()
        self._title, self._overlay, self._screen = title, overlay, screen
        self._closed_by_user = False

    @property
    def main_thread(self) -> bool:
        return True

    @property
    def finished(self) -> bool:
        return self._closed_by_user

    def open(self) -> None:
        self._screen = self._screen or _CvScreen(self._title)

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if self._screen is None:
            raise SinkError("the window is not open; write inside `with sink:`")
        with self.meter.stage("draw"):
            drawn = self._overlay.draw(frame.image, mask, frame.found)
            self._closed_by_user = not self._screen.show(drawn)
        self.meter.add("screen", time.perf_counter() - frame.captured)

    def close(self, error: BaseException | None = None) -> None:
        if self._screen is not None:
            self._screen.close()


class _CvScreen:
    """OpenCV's window."""

    def __init__(self, title: str) -> None:
        refuse_without_display()
        self._title = title
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)

    def show(self, image: np.ndarray) -> bool:
        cv2.imshow(self._title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        key = cv2.waitKey(1)
        return key not in QUIT_KEYS and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1

    def close(self) -> None:
        cv2.destroyWindow(self._title)


def refuse_without_display() -> None:
    """SinkError where no window can be shown: OpenCV itself raises cryptic errors, or ends the process."""
    interface = next((line for line in cv2.getBuildInformation().splitlines() if "GUI:" in line), "")
    if "NONE" in interface:
        raise SinkError("this OpenCV (opencv-python-headless) has no windows; install opencv-python, or save a movie")
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SinkError("there is no display to show a window on (DISPLAY is not set); save a movie")

"""Frames from a camera of this machine."""

import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source

TICK = Fraction(1, 90_000)  # the clock of broadcast video


class Capture(Protocol):
    """An open camera: RGB pictures (h, w, 3) uint8, or None when it delivers no more."""

    def read(self) -> np.ndarray | None: ...
    def release(self) -> None: ...


class CameraSource(Source):
    """Frames from camera `index` as they come; their times are those of a steady clock, from 0 at the first frame.

    size (h, w) and fps are wishes to the driver; what it really gives is what the frames say.
    `opener(index, size, fps)` gives an open Capture or None; the default opens the camera with OpenCV.
    """

    live = True

    def __init__(
        self,
        index: int,
        *,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        opener: Callable[[int, tuple[int, int] | None, float | None], Capture | None] | None = None,
    ):
        super().__init__(f"camera {index}")
        self._index, self._wish = index, (size, fps)
        self.rate = Fraction(fps).limit_denominator(1001) if fps else None
        self._opener = opener or open_capture
        self._capture: Capture | None = None
        self._first: np.ndarray | None = None

    def open(self) -> None:
        self._capture = self._opener(self._index, *self._wish)
        if self._capture is None:
            raise SourceError(f"there is no camera {self._index}: {_cameras_here()}")
        self._first = self._capture.read()
        if self._first is None:
            raise SourceError(f"camera {self._index} opens but gives no picture; is another program using it?")
        self.size = self._first.shape[:2]

    def frames(self) -> Iterator[Frame]:
        image, self._first = self._first, None
        start, captured = None, time.perf_counter()
        index, epoch, last_size, last_ticks = 0, 0, self.size, -1
        while image is not None:
            start = captured if start is None else start
            ticks = max(last_ticks + 1, round((captured - start) / TICK))
            if image.shape[:2] != last_size:
                epoch, last_size = epoch + 1, image.shape[:2]
            yield Frame(image, ticks * TICK, index, self.name, epoch, time_base=TICK, captured=captured)
            index, last_ticks = index + 1, ticks
            with self.meter.stage("capture"):
                image = self._capture.read()
            captured = time.perf_counter()
        raise SourceError(f"{self.name} stopped after {index} frames; is it still plugged in?")

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture = None


class _CvCapture:
    """OpenCV's camera, in RGB."""

    def __init__(self, capture: cv2.VideoCapture):
        self._capture = capture

    def read(self) -> np.ndarray | None:
        good, image = self._capture.read()
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None

    def release(self) -> None:
        self._capture.release()


def open_capture(index: int, size: tuple[int, int] | None, fps: float | None) -> Capture | None:
    """The camera as OpenCV opens it, or None."""
    if sys.platform == "linux" and not Path(f"/dev/video{index}").exists():
        return None  # OpenCV would say the same, with five lines of warnings on stderr
    capture = cv2.VideoCapture(index)
    if not capture.isOpened():
        capture.release()
        return None
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if size:
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[0])
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[1])
    if fps:
        capture.set(cv2.CAP_PROP_FPS, fps)
    return _CvCapture(capture)


def _cameras_here() -> str:
    if sys.platform != "linux":
        return "try another index, from 0 on"
    found = sorted(int(path.name[5:]) for path in Path("/dev").glob("video*") if path.name[5:].isdigit())
    return f"this machine has {', '.join(map(str, found))}" if found else "this machine has none (no /dev/video*)"

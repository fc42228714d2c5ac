"""Frames from a camera of this machine."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.source import Source

TICK = Fraction(1, 90_000)  # the clock of broadcast video
V4L2 = Path("/sys/class/video4linux")


class CameraSettings(NamedTuple):
    """What a camera is asked for: picture size (h, w), frames a second, pixel format as four letters such as MJPG."""

    size: tuple[int, int] | None = None
    fps: float | None = None
    pixel_format: str | None = None


class Capture(Protocol):
    """An open camera: gives RGB pictures (h, w, 3) uint8, or None when it has ended."""

    def read(self) -> np.ndarray | None: ...
    def settings(self) -> CameraSettings: ...
    def release(self) -> None: ...


class CameraSource(Source):
    """Frames from a camera as they come; times are those of a steady clock, from 0 at the first frame.

    The camera is an index, or the path of a device such as /dev/video0 or /dev/v4l/by-id/…, which stays the same when
    others are plugged in. Size (h, w), fps and pixel format are requests to the driver; the actual settings are an
    event ("settings"), and a warning where they differ. `opener(camera, requested)` returns an open Capture or None; by
    default OpenCV opens the camera.
    """

    live = True

    def __init__(
        self,
        camera: int | str | Path,
        *,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        pixel_format: str | None = None,
        opener: Callable[[int | str, CameraSettings], Capture | None] | None = None,
    ) -> None:
        super().__init__(f"camera {camera}")
        self._camera = camera if isinstance(camera, int) else str(camera)
        self._requested = CameraSettings(size, fps, pixel_format.upper() if pixel_format else None)
        self.rate = Fraction(fps).limit_denominator(1001) if fps else None
        self._opener = opener or open_capture
        self._capture: Capture | None = None
        self._first: np.ndarray | None = None

    def open(self) -> None:
        self._capture = self._opener(self._camera, self._requested)
        if self._capture is None:
            raise SourceError(_why_not(self._camera))
        self._first = self._capture.read()
        if self._first is None:
            raise SourceError(f"{self.name} opens but gives no picture; is another program using it?")
        self.size = (self._first.shape[0], self._first.shape[1])
        self._tell_settings(self._capture.settings()._replace(size=self.size))

    def frames(self) -> Iterator[Frame]:
        capture = self._capture
        if capture is None:
            raise SourceError(f"{self.name} is not open; read it inside `with source:`")
        image, self._first = self._first, None
        start = captured = time.perf_counter()
        index, epoch, last_size, last_ticks = 0, 0, self.size, -1
        while image is not None:
            ticks = max(last_ticks + 1, round((captured - start) / TICK))
            if image.shape[:2] != last_size:
                epoch, last_size = epoch + 1, (image.shape[0], image.shape[1])
            yield Frame(image, ticks * TICK, index, self.name, epoch, time_base=TICK, captured=captured)
            index, last_ticks = index + 1, ticks
            with self.meter.stage("capture"):
                image = capture.read()
            captured = time.perf_counter()
        raise SourceError(f"{self.name} stopped after {index} frames; is it still plugged in?")

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture = None

    def _tell_settings(self, real: CameraSettings) -> None:
        if real.fps:
            self.rate = Fraction(real.fps).limit_denominator(1001)
        message = f"{self.name} gives {_in_words(real)}"
        self.tell("settings", message)
        kept = all(_is_granted(wish, got) for wish, got in zip(self._requested, real, strict=True))
        if not kept and (warning := f"{message}, not {_in_words(self._requested)} as asked for") not in self.warnings:
            self.warnings.append(warning)


def _is_granted(wish: object, got: object) -> bool:
    if isinstance(wish, float | int) and isinstance(got, float | int):
        return abs(wish - got) < 0.5
    return wish is None or got is None or wish == got


class _CvCapture:
    """OpenCV's camera, in RGB."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def read(self) -> np.ndarray | None:
        good, image = self._capture.read()
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None

    def settings(self) -> CameraSettings:
        get = self._capture.get
        size = int(get(cv2.CAP_PROP_FRAME_HEIGHT)), int(get(cv2.CAP_PROP_FRAME_WIDTH))
        letters = int(get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).decode("ascii", "replace")
        return CameraSettings(size, get(cv2.CAP_PROP_FPS) or None, letters if letters.isprintable() else None)

    def release(self) -> None:
        self._capture.release()


def open_capture(camera: int | str, requested: CameraSettings) -> Capture | None:
    """The camera as OpenCV opens it, or None."""
    if sys.platform == "linux" and not _device(camera).exists():
        return None  # OpenCV would say the same, with five lines of warnings on stderr
    capture = cv2.VideoCapture(camera)
    if not capture.isOpened():
        capture.release()
        return None
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if requested.pixel_format:  # first: which sizes and rates there are depends on it
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*requested.pixel_format))
    if requested.size:
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, requested.size[0])
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, requested.size[1])
    if requested.fps:
        capture.set(cv2.CAP_PROP_FPS, requested.fps)
    return _CvCapture(capture)


def list_cameras(folder: Path = V4L2) -> list[tuple[int, str]]:
    """(index, name) of every camera that Linux knows of; a camera's second device, for its metadata, is left out."""
    found = []
    for device in sorted(folder.glob("video*"), key=lambda path: int(path.name[5:])):
        which = device / "index"
        if not which.is_file() or which.read_text().strip() == "0":
            found.append((int(device.name[5:]), (device / "name").read_text().strip()))
    return found


def _device(camera: int | str) -> Path:
    return Path(f"/dev/video{camera}") if isinstance(camera, int) else Path(camera)


def _why_not(camera: int | str) -> str:
    device = _device(camera)
    if sys.platform != "linux":
        return f"there is no camera {camera}: try another index, from 0 on"
    if not device.exists():
        return f"there is no camera {camera}: {_cameras_here()}"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"camera {camera} may not be used: no permission for {device}; join its group, often `video`"
    return f"camera {camera} cannot be opened; another program may be using it, or {device} is no camera"


def _cameras_here() -> str:
    found = sorted(int(path.name[5:]) for path in Path("/dev").glob("video*") if path.name[5:].isdigit())
    return f"this machine has {', '.join(map(str, found))}" if found else "this machine has none (no /dev/video*)"


def _in_words(requested: CameraSettings) -> str:
    size = f"{requested.size[1]}x{requested.size[0]}" if requested.size else None
    rate = f"{requested.fps:g} frames a second" if requested.fps else None
    return ", ".join(part for part in (size, rate, requested.pixel_format) if part)

"""Detect camera motion: whether most parts of the picture move."""

import math
from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from streams.frame import Frame
from streams.sources.reading.wrapper import Wrapper

SMALL = (192, 144)  # width, height of what is compared
BLOCK = 48
LAG = 4  # pictures between the two that are compared, so that slow motion adds up
LEAST_SHIFT = 0.7  # of the pixels of `SMALL`; a camera on a pole shakes by less
LEAST_TEXTURE = 4.0  # standard deviation in grey levels; flat parts have no motion to see
LEAST_RESPONSE = 0.15  # of phase correlation; parts that only change have none
RECENT = 30  # pictures
MOST = 0.55  # of the parts; cars on every lane of a road move up to half of them


class CameraMotion:
    """Measures the share of each picture's textured parts that moved since a few pictures before, 0 to 1.

    Phase correlation (Kuglin and Hines 1975) of blocks. Objects that cross the view move few of them, a camera that
    turns, walks or zooms moves all. `moving` is whether most moved most of the time.

    >>> gauge = CameraMotion()
    >>> still = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)
    >>> [gauge.look(still) for _ in range(6)][-1]
    0.0
    """

    def __init__(self) -> None:
        self._before: deque[np.ndarray] = deque(maxlen=LAG)
        self._shares: deque[float] = deque(maxlen=RECENT)
        self._window = cv2.createHanningWindow((BLOCK, BLOCK), cv2.CV_32F)

    def look(self, image: np.ndarray) -> float:
        """The share of the textured parts of a picture (h, w, 3) uint8 that moved; 0 without textured parts."""
        small = _small(image)
        share = 0.0
        if len(self._before) == LAG:
            share = self._share(self._before[0], small)
            self._shares.append(share)
        self._before.append(small)
        return share

    @property
    def moving(self) -> bool:
        """Whether most of the parts moved in more than half of the last 30 pictures."""
        return len(self._shares) == RECENT and float(np.median(self._shares)) > MOST

    def restart(self) -> None:
        """Forget the pictures before; the next one is unrelated to them."""
        self._before.clear()
        self._shares.clear()

    def _share(self, before: np.ndarray, after: np.ndarray) -> float:
        moved = textured = 0
        for top in range(0, SMALL[1], BLOCK):
            for left in range(0, SMALL[0], BLOCK):
                one, other = (part[top : top + BLOCK, left : left + BLOCK] for part in (before, after))
                if one.std() < LEAST_TEXTURE or other.std() < LEAST_TEXTURE:
                    continue
                shift, response = cv2.phaseCorrelate(one, other, self._window)
                textured += 1
                moved += response > LEAST_RESPONSE and math.hypot(*shift) > LEAST_SHIFT
        return moved / textured if textured >= 3 else 0.0


class FixedCamera(Wrapper):
    """A source with a fixed camera; warns once when the camera moves."""

    def frames(self) -> Iterator[Frame]:
        gauge, epoch, warned = CameraMotion(), None, False
        for frame in self.inner:
            if not warned:
                if frame.epoch != epoch:
                    gauge.restart()
                    epoch = frame.epoch
                with self.meter.stage("camera"):
                    gauge.look(frame.image)
                if gauge.moving:
                    warned = True
                    self._warn(frame)
            yield frame

    def _warn(self, frame: Frame) -> None:
        seconds = float(frame.pts)
        text = (
            f"{self.name}: the camera moves (at {seconds:.1f} s most of the picture did); this model is for fixed "
            "cameras and marks everything that shifts"
        )
        self.warnings.append(text)
        self.tell("camera moves", text, pts=seconds)


def _small(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, SMALL, interpolation=cv2.INTER_AREA).astype(np.float32)

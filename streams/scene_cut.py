"""Detect scene cuts: pictures that differ from those before by more than fast movement."""

import dataclasses
from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from streams.frame import Frame
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source

SMALL = (64, 36)  # width, height of what is compared
REACH = np.ones((9, 9), np.uint8)  # movement by up to 4 of those 64 does not count
LEAST = 2.5  # grey levels; a whole picture that is off by less is no cut
TIMES = 13.0  # how much a cut exceeds the differences just before; movement starts gradually
RECENT = 3  # pictures


class CutDetector:
    """Decides for each picture whether it begins another scene, from the ones before it only.

    Each small picture is compared to the range of values around each place of the other one, both ways, so that
    movement, however much of it, counts little (scenedetect.com compares pixels in place). The mean of what is left is
    a cut if it is well above zero and many times the worst of the last three, a rule like that of PySceneDetect's
    AdaptiveDetector that does not look ahead.

    >>> detector = CutDetector()
    >>> night, day = np.zeros((90, 160, 3), np.uint8), np.full((90, 160, 3), 200, np.uint8)
    >>> [detector.is_cut(image) for image in (night, night, day, day)]
    [False, False, True, False]
    """

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._recent: deque[float] = deque(maxlen=RECENT)
        self.restart()

    def is_cut(self, image: np.ndarray) -> bool:
        """Whether the picture (h, w, 3) uint8 begins another scene than the last one."""
        small = _small(image)
        before, self._before = self._before, small
        if before is None:
            return False
        self.score = (_unexplained(before, small) + _unexplained(small, before)) / 2
        cut = self.score >= max(LEAST, TIMES * (max(self._recent) + 0.1))
        self._recent.append(self.score)
        return bool(cut)

    def restart(self) -> None:
        """The next picture is compared with none before it."""
        self.score = 0.0  # of the last picture, in grey levels
        self._before = None
        self._recent.extend([1.0] * RECENT)


class SceneCuts(Wrapper):
    """A source that reports scene cuts as events and counts them; with `reset` each begins a new epoch.

    The decision on a frame needs no later one, so it adds no delay.
    """

    def __init__(self, source: Source, *, reset: bool = False) -> None:
        super().__init__(source)
        self._reset = reset

    def frames(self) -> Iterator[Frame]:
        detector, cuts = CutDetector(), 0
        epoch: int | None = None
        for frame in self.inner:
            if frame.epoch != epoch:
                detector.restart()
                epoch = frame.epoch
            with self.meter.stage("cuts"):
                cut = detector.is_cut(frame.image)
            if cut:
                cuts += 1
                self.counts["scene cuts"] += 1
                seconds = float(frame.pts)
                self.tell("scene cut", f"{self.name}: scene cut at {seconds:.3f} s (frame {frame.index})", pts=seconds)
            yield dataclasses.replace(frame, epoch=frame.epoch + cuts) if cuts and self._reset else frame


def _small(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    # First every nth pixel only: a few of the thousands of pixels a cell are enough.
    step = max(1, min(height // (4 * SMALL[1]), width // (4 * SMALL[0])))
    return cv2.resize(image[::step, ::step], SMALL, interpolation=cv2.INTER_AREA)


def _unexplained(one: np.ndarray, other: np.ndarray) -> float:
    """By how much, on average, the other's values are outside the range around the same place in the first."""
    above, below = cv2.subtract(other, cv2.dilate(one, REACH)), cv2.subtract(cv2.erode(one, REACH), other)
    return float(cv2.max(above, below).max(axis=2).mean())

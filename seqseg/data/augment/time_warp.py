"""Variation in time: which frames of a video make a clip, and which are replaced. Labels stay with their frames.

No frames are interpolated: a faster clip skips frames, a slower one repeats them. A frame that is replaced by noise or
by a frame of another video keeps its label, so that the memory has to bridge it (Noisy-LSTM, Wang et al. 2020, arXiv
2010.09466; as there, never the last frame of a clip and at most half of them).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from seqseg.data.video import Video
from seqseg.errors import ConfigError

NOISE, ELSEWHERE = "noise", "elsewhere"


@dataclass(frozen=True)
class Course:
    """The way of a clip through its video: `offsets` (t,) in frames from its first frame, never decreasing.

    `backwards` reverses it. `spoilt` are the replaced frames and what replaces them.
    """

    offsets: tuple[float, ...]
    backwards: bool = False
    spoilt: tuple[tuple[int, str], ...] = ()

    def places(self, start: int, length: int) -> list[int]:
        """The frames of a clip that is cut from `start` on, in a video of `length` frames.

        A clip that would run over the end starts earlier, and is slowed down if the video is too short for its speed.
        Numbers from `length` on are past the end of a video that is shorter than the clip.

        >>> Course((0, 2, 4)).places(3, 20), Course((0, 2, 4)).places(17, 20), Course((0, 5, 10)).places(0, 7)
        ([3, 5, 7], [15, 17, 19], [0, 3, 6])
        """
        last = self.offsets[-1]
        most = max(length - 1, len(self.offsets) - 1)
        squeeze = most / last if last > most else 1.0
        # The 5e-7 makes 3 * (1 / 3) one frame, not none.
        steps = [math.floor(offset * squeeze + 5e-7) for offset in self.offsets]
        first = min(start, max(0, length - 1 - steps[-1]))
        places = [first + step for step in steps]
        return places[::-1] if self.backwards else places


@dataclass(frozen=True)
class TimeWarp:
    """Draws the course of a clip.

    Args:
        speed: (slowest, fastest), as factors, drawn evenly on a log scale.
        reverse: probability of going backwards.
        pause: probability that one frame of the clip is repeated for up to half of the clip.
        drop: probability of each frame to be dropped, so that the next one takes its place.
        noise_frame: probability of each frame but the last to be replaced, at most half of the clip: by noise or, as
            often, by a frame of another video.

    Example:
        >>> TimeWarp(speed=(2.0, 2.0)).draw(np.random.default_rng(0), 4).places(0, 100)
        [0, 2, 4, 6]
    """

    speed: tuple[float, float] = (1.0, 1.0)
    reverse: float = 0.0
    pause: float = 0.0
    drop: float = 0.0
    noise_frame: float = 0.0

    def __post_init__(self) -> None:
        if len(self.speed) != 2 or not 0 < self.speed[0] <= self.speed[1]:
            raise ConfigError(f"augment.speed must be [slowest, fastest], both above 0, got {self.speed}")
        for name in ("reverse", "pause", "drop", "noise_frame"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment.{name} is a probability from 0 to 1, got {getattr(self, name)}")

    @property
    def options_on(self) -> tuple[str, ...]:
        """The names of the options in use."""
        names = ("reverse", "pause", "drop", "noise_frame")
        speed = () if tuple(self.speed) == (1, 1) else ("speed",)
        return speed + tuple(name for name in names if getattr(self, name))

    def draw(self, rng: np.random.Generator, timesteps: int) -> Course:
        """The course of one clip of `timesteps` frames."""
        speed = math.exp(rng.uniform(math.log(self.speed[0]), math.log(self.speed[1])))
        missed = rng.random(timesteps - 1) < self.drop
        steps = speed * (1.0 + missed)
        if timesteps > 1 and rng.random() < self.pause:
            held, since = int(rng.integers(1, timesteps // 2 + 1)), int(rng.integers(timesteps - 1))
            steps[since : since + held] = 0
        backwards = bool(rng.random() < self.reverse)
        offsets = tuple(np.concatenate([[0.0], np.cumsum(steps)]).tolist())
        return Course(offsets, backwards, self._draw_spoilt(rng, timesteps))

    def _draw_spoilt(self, rng: np.random.Generator, timesteps: int) -> tuple[tuple[int, str], ...]:
        if not self.noise_frame:
            return ()
        chosen = np.flatnonzero(rng.random(timesteps - 1) < self.noise_frame)
        chosen = np.sort(rng.permutation(chosen)[: timesteps // 2])
        kinds = rng.choice((NOISE, ELSEWHERE), len(chosen))
        return tuple((int(index), str(kind)) for index, kind in zip(chosen, kinds, strict=True))


def spoil(
    frames: Sequence[np.ndarray], course: Course, rng: np.random.Generator, *, videos: Sequence[Video], own: int
) -> list[np.ndarray]:
    """Frames (h, w, 3) of video number `own`, those that `course` spoils replaced; the input is not changed.

    The replacement comes from another video, or from anywhere in the only one, and is stretched to the size.
    """
    frames = list(frames)
    height, width = frames[0].shape[:2]
    for index, kind in course.spoilt:
        if kind == NOISE:
            frames[index] = rng.integers(0, 256, (height, width, 3), np.uint8)
        else:
            video = videos[another(rng, len(videos), own)]
            picture = video.frame(int(rng.integers(len(video))))
            frames[index] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return frames


def another(rng: np.random.Generator, number: int, own: int) -> int:
    """A random number below `number` other than `own`; `own` if there is no other."""
    return own if number == 1 else (own + int(rng.integers(1, number))) % number

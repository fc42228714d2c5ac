"""Variation in time: which frames of a video make a clip, and which of them are spoilt. Labels follow their frames.

Nothing is invented between frames: a faster clip leaves frames out, a slower one repeats them. A frame that is spoilt,
replaced by noise or by a picture of elsewhere, keeps its label: a memory has to bridge it (Noisy-LSTM, Wang et al.
2020, arXiv 2010.09466; as there the last frame of a clip is never spoilt, and half of them at most).
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
    """How one clip goes through its video: `offsets` (t,) from its first frame on, in frames, never falling.

    `backwards` goes the other way round. `spoilt` says of frames of the clip what stands in their place.
    """

    offsets: tuple[float, ...]
    backwards: bool = False
    spoilt: tuple[tuple[int, str], ...] = ()

    def places(self, start: int, length: int) -> list[int]:
        """Which frames of a video of `length` frames the clip holds when it is cut from `start` on.

        A clip that would run over the end begins earlier, and where even the whole video is too short for its pace, it
        goes as fast as the video allows. `length` and more stand for frames past the end of a video that is shorter
        than the clip.

        >>> Course((0, 2, 4)).places(3, 20), Course((0, 2, 4)).places(17, 20), Course((0, 5, 10)).places(0, 7)
        ([3, 5, 7], [15, 17, 19], [0, 3, 6])
        """
        last = self.offsets[-1]
        most = max(length - 1, len(self.offsets) - 1)
        squeeze = most / last if last > most else 1.0
        # Half of a millionth, so that 3 * (1 / 3) is one frame further and not none.
        steps = [math.floor(offset * squeeze + 5e-7) for offset in self.offsets]
        first = min(start, max(0, length - 1 - steps[-1]))
        places = [first + step for step in steps]
        return places[::-1] if self.backwards else places


@dataclass(frozen=True)
class TimeWarp:
    """Draws the course of a clip.

    Args:
        speed: (slowest, fastest), times the video's own pace, drawn evenly on a log scale.
        reverse: probability of going backwards.
        pause: probability that one frame of the clip is held for up to half of the clip.
        drop: probability of each frame to be missed, so that the next one stands in its place.
        noise_frame: probability of each frame but the last to be spoilt, half of the clip at most: by noise or, as
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

    def __post_init__(self):
        if len(self.speed) != 2 or not 0 < self.speed[0] <= self.speed[1]:
            raise ConfigError(f"augment.speed must be [slowest, fastest], both above 0, got {self.speed}")
        for name in ("reverse", "pause", "drop", "noise_frame"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment.{name} is a probability from 0 to 1, got {getattr(self, name)}")

    @property
    def options_on(self) -> tuple[str, ...]:
        """The names of those that do something."""
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

    def _draw_spoilt(self, rng, timesteps: int) -> tuple[tuple[int, str], ...]:
        if not self.noise_frame:
            return ()
        chosen = np.flatnonzero(rng.random(timesteps - 1) < self.noise_frame)
        chosen = np.sort(rng.permutation(chosen)[: timesteps // 2])
        kinds = rng.choice((NOISE, ELSEWHERE), len(chosen))
        return tuple((int(index), str(kind)) for index, kind in zip(chosen, kinds, strict=True))


def spoil(frames: Sequence[np.ndarray], course: Course, rng, *, videos: Sequence[Video], own: int) -> list[np.ndarray]:
    """Frames (h, w, 3) of video number `own` with those that `course` spoils replaced; those given stay as they are.

    A picture of elsewhere comes from another video, or from anywhere in the only one, and is stretched to the size.
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
    """Any of `number` things but `own`, evenly; `own` where there is no other."""
    return own if number == 1 else (own + int(rng.integers(1, number))) % number

"""Clips from single labelled images: a crop that moves, shakes and zooms, with its labels."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqseg.data.augment.warp import translation
from seqseg.data.video import VideoSet
from seqseg.errors import ConfigError
from seqseg.registry import make


@dataclass(frozen=True)
class StillWalk:
    """How the crop moves from frame to frame, drawn for every clip.

    Args:
        speed: largest pixels a frame, the same speed and direction throughout a clip.
        shake: largest pixels either way, in x and in y, drawn for every frame.
        zoom: largest share by which the crop grows or shrinks a frame, the same throughout a clip.

    Raises:
        ConfigError: a negative number, or a zoom of a tenth or more.

    Example:
        >>> StillWalk(speed=0, shake=0, zoom=0).draw(np.random.default_rng(0), 2, (20, 30))[1].tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    speed: float = 6.0
    shake: float = 1.0
    zoom: float = 0.005

    def __post_init__(self) -> None:
        if self.speed < 0 or self.shake < 0 or not 0 <= self.zoom < 0.1:
            raise ConfigError(
                "data.stills_as_clips takes speed and shake in pixels, 0 or more, and zoom a frame, from 0 to below "
                f"0.1; got speed {self.speed}, shake {self.shake}, zoom {self.zoom}"
            )

    def draw(self, rng: np.random.Generator, timesteps: int, size: tuple[int, int]) -> list[np.ndarray]:
        """For every frame the matrix (3, 3) from its pixels to those of the clip's middle, crops of `size` (h, w)."""
        speed, angle = rng.uniform(0, self.speed), rng.uniform(0, 2 * np.pi)
        zoom = 1 + rng.uniform(-self.zoom, self.zoom)
        shakes = rng.uniform(-self.shake, self.shake, (timesteps, 2))
        middle = (np.array([size[1], size[0]]) - 1) / 2
        steps = []
        for time, shake in zip(np.arange(timesteps) - (timesteps - 1) / 2, shakes, strict=True):
            move = time * speed * np.array([np.cos(angle), np.sin(angle)]) + shake
            larger = np.diag([zoom**time, zoom**time, 1.0])
            steps.append(translation(middle + move) @ larger @ translation(-middle))
        return steps


def make_still_walk(wanted: bool | Mapping[str, Any]) -> StillWalk | None:
    """What `data.stills_as_clips` says: true, false or a table of options."""
    if isinstance(wanted, bool):
        return StillWalk() if wanted else None
    walk: StillWalk = make({"walk": StillWalk}, "data.stills_as_clips", "walk", **wanted)
    return walk


def labelled_stills(data: VideoSet) -> VideoSet:
    """The same set with every labelled frame as a video of its own.

    Example:
        >>> len(labelled_stills(open_data("shapes", split="train")).videos[0])
        1
    """
    stills = [
        video.part(frame, frame + 1, f"{video.name} frame {frame}") for video in data.videos for frame in video.labelled
    ]
    return dataclasses.replace(data, videos=tuple(stills))

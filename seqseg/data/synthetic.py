"""`shapes`, the set that needs no download: shapes that move, cross and hide each other, the same for the same seed.

Two of its five classes, `drifter` and `spinner`, look exactly alike in any single frame: only motion tells, so that a
memory pays. `shapes:videos=64,frames=24,size=96x128,seed=3` sets what can be set.

`shapes:moving=1` is a fixed camera's view with two classes: what moves, and everything else, which includes things that
look the same and stand still.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.shape_scene import CLASSES, Scene, before_a_fixed_camera, make_scene
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.registry import suggestion

PALETTE = np.array([[32, 32, 40], [66, 135, 245], [60, 180, 90], [240, 110, 50], [235, 200, 50]], np.uint8)
MOVING_CLASSES = ("background", "moving")
DEFAULT_SIZE = (96, 128)
_OPTIONS = ("videos", "frames", "size", "seed", "moving")
_DEFAULT_VIDEOS = {"train": 256, "val": 16, "test": 16}
_DEFAULT_FRAMES = 24
_STREAM = 3  # the scenes of streams are those of no split


def open_shapes(options: str = "", *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`shapes` or `shapes:videos=…,frames=…,size=HxW,seed=…`: any number of videos, drawn frame by frame when read.

    `videos` is the number in the split asked for. Splits have no scene in common, nor have two seeds.

    Raises:
        DataError: an option that is not there, or not a number.
    """
    settings = _parse(options)
    splits = list(_DEFAULT_VIDEOS) if split == "all" else [split]
    videos = tuple(
        _video(settings["seed"], name, number, settings["frames"], settings["size"], moving=settings["moving"] == 1)
        for name in splits
        for number in range(settings.get("videos", _DEFAULT_VIDEOS[name]))
    )
    classes = MOVING_CLASSES if settings["moving"] == 1 else CLASSES
    return VideoSet("shapes", split, videos, classes, PALETTE[: len(classes)])


def shapes_stream(seed: int = 0, size: tuple[int, int] = DEFAULT_SIZE) -> Iterator[np.ndarray]:
    """Frames uint8 RGB (h, w, 3) of one scene that never ends and stands in no split.

    Example:
        >>> next(shapes_stream(seed=1, size=(45, 61))).shape
        (45, 61, 3)
    """
    scene = _scene(seed, _STREAM, 0, tuple(size), False)
    for frame in itertools.count():
        yield scene.render(frame)[0]


class _Drawn(Sequence):
    """One side, image (0) or labels (1), of the frames of a scene."""

    def __init__(self, key: tuple, frames: int, side: int):
        self._key, self._frames, self._side = key, frames, side

    def __len__(self):
        return self._frames

    @property
    def present(self) -> tuple[bool, ...]:
        """Every frame is labelled."""
        return (True,) * self._frames

    def __getitem__(self, index):
        if not 0 <= index < self._frames:
            raise IndexError(f"frame {index} of {self._frames}")
        return _render(self._key, index)[self._side]


def _video(seed: int, split: str, number: int, frames: int, size: tuple[int, int], *, moving: bool) -> Video:
    key = seed, list(_DEFAULT_VIDEOS).index(split), number, size, moving
    return Video(f"{split}/{number:04d}", _Drawn(key, frames, 0), _Drawn(key, frames, 1))


@lru_cache(maxsize=64)  # a frame and its mask are asked for one after the other
def _render(key: tuple, frame: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = _scene(*key).render(frame)
    for array in drawn:
        array.flags.writeable = False  # shared by all who ask
    return drawn


@lru_cache(maxsize=64)
def _scene(seed: int, split: int, number: int, size: tuple[int, int], moving: bool) -> Scene:
    look, motion = (np.random.default_rng([seed, split, number, stream]) for stream in (0, 1))
    scene = make_scene(size, look, motion)
    return before_a_fixed_camera(scene, motion) if moving else scene


def _parse(options: str) -> dict:
    settings = {"seed": 0, "frames": _DEFAULT_FRAMES, "size": DEFAULT_SIZE, "moving": 0}
    for item in filter(None, options.split(",")):
        name, _, value = item.partition("=")
        if name not in _OPTIONS:
            near = suggestion(name, _OPTIONS)
            raise DataError(f"shapes has no option {name!r}{near}; write shapes:videos=64,frames=24,size=96x128,seed=3")
        least = 0 if name in ("seed", "moving") else 1
        settings[name] = _size(value) if name == "size" else _number(name, value, least=least)
    return settings


def _number(name: str, value: str, *, least: int) -> int:
    if not value.isdecimal() or int(value) < least:
        raise DataError(f"shapes:{name}= takes a whole number from {least} on, got {value!r}")
    return int(value)


def _size(value: str) -> tuple[int, int]:
    sides = value.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) >= 8 for side in sides):
        raise DataError(f"shapes:size= takes HEIGHTxWIDTH from 8x8 on, like 96x128, got {value!r}")
    return int(sides[0]), int(sides[1])

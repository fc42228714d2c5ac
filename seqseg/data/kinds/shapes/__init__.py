"""`shapes`, the set that needs no download: shapes that move, cross and hide each other, the same for the same seed.

Two of its five classes, `drifter` and `spinner`, look exactly alike in any single frame: only motion tells, so that a
memory pays. `shapes:videos=64,frames=24,size=96x128,seed=3` sets what can be set.

`shapes:moving=1` is a fixed camera's view with two classes: what moves, and everything else, which includes things that
look the same and stand still. `shapes:multi_label=1` lets things show what is behind them: a pixel has all their
classes. `shapes:vector=1` has one class, `wanted`, and a vector beside each video that says what is: no picture tells.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from seqseg.data.kinds.shapes.scene import (
    CLASSES,
    CROSS,
    DISC,
    DRIFTER,
    SPINNER,
    Scene,
    before_a_fixed_camera,
    make_scene,
    only,
    see_through,
)
from seqseg.data.labels.planes import pack_planes
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.registry import suggestion

PALETTE = np.array([[32, 32, 40], [66, 135, 245], [60, 180, 90], [240, 110, 50], [235, 200, 50]], np.uint8)
MOVING_CLASSES = ("background", "moving")
WANTED_CLASSES = ("background", "wanted")
WANTED = {"disc": (DISC,), "cross": (CROSS,), "bar": (DRIFTER, SPINNER)}
DEFAULT_SIZE = (96, 128)
_KINDS = ("moving", "multi_label", "vector")
_OPTIONS = ("videos", "frames", "size", "seed", *_KINDS)
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
    kind = next((kind for kind in _KINDS if settings[kind]), "")
    videos = tuple(
        _video((settings["seed"], split_number, number, settings["size"], kind), settings["frames"])
        for split_number, name in enumerate(_DEFAULT_VIDEOS)
        if split in (name, "all")
        for number in range(settings.get("videos", _DEFAULT_VIDEOS[name]))
    )
    classes = {"moving": MOVING_CLASSES, "multi_label": CLASSES[1:], "vector": WANTED_CLASSES}.get(kind, CLASSES)
    palette = PALETTE[1:] if kind == "multi_label" else PALETTE[: len(classes)]
    vector_names = tuple(WANTED) if kind == "vector" else ()
    return VideoSet(
        "shapes", split, videos, classes, palette, multi_label=kind == "multi_label", vector_names=vector_names
    )


def shapes_stream(seed: int = 0, size: tuple[int, int] = DEFAULT_SIZE) -> Iterator[np.ndarray]:
    """Frames uint8 RGB (h, w, 3) of one scene that never ends and stands in no split.

    Example:
        >>> next(shapes_stream(seed=1, size=(45, 61))).shape
        (45, 61, 3)
    """
    scene = _scene(seed, _STREAM, 0, tuple(size), "")
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


def _video(key: tuple, frames: int) -> Video:
    _, split, number, *_, kind = key
    name = f"{list(_DEFAULT_VIDEOS)[split]}/{number:04d}"
    vectors = np.tile(np.eye(len(WANTED), dtype=np.float32)[_wanted(key)], (frames, 1)) if kind == "vector" else None
    return Video(name, _Drawn(key, frames, 0), _Drawn(key, frames, 1), vectors=vectors)


def _wanted(key: tuple) -> int:
    """Which of the things of a scene is to be found."""
    seed, split, number, *_ = key
    return int(np.random.default_rng([seed, split, number, 2]).integers(len(WANTED)))


@lru_cache(maxsize=64)  # a frame and its mask are asked for one after the other
def _render(key: tuple, frame: int) -> tuple[np.ndarray, np.ndarray]:
    if key[-1] == "multi_label":
        image, planes = _scene(*key).render_planes(frame, len(CLASSES) - 1)
        drawn = image, pack_planes(planes)
    else:
        drawn = _scene(*key).render(frame)
    for array in drawn:
        array.flags.writeable = False  # shared by all who ask
    return drawn


@lru_cache(maxsize=64)
def _scene(seed: int, split: int, number: int, size: tuple[int, int], kind: str) -> Scene:
    look, motion = (np.random.default_rng([seed, split, number, stream]) for stream in (0, 1))
    scene = make_scene(size, look, motion)
    if kind == "moving":
        return before_a_fixed_camera(scene, motion)
    if kind == "multi_label":
        return see_through(scene)
    if kind == "vector":
        return only(scene, list(WANTED.values())[_wanted((seed, split, number, size, kind))])
    return scene


def _parse(options: str) -> dict:
    settings = {"seed": 0, "frames": _DEFAULT_FRAMES, "size": DEFAULT_SIZE} | dict.fromkeys(_KINDS, 0)
    for item in filter(None, options.split(",")):
        name, _, value = item.partition("=")
        if name not in _OPTIONS:
            near = suggestion(name, _OPTIONS)
            raise DataError(f"shapes has no option {name!r}{near}; write shapes:videos=64,frames=24,size=96x128,seed=3")
        if name in _KINDS and value not in ("0", "1"):
            raise DataError(f"shapes:{name}= takes 1 or 0, got {value!r}")
        settings[name] = (
            _size(value) if name == "size" else _number(name, value, least=0 if name in ("seed", *_KINDS) else 1)
        )
    chosen = [kind for kind in _KINDS if settings[kind]]
    if len(chosen) > 1:
        raise DataError(f"shapes:{'=1,'.join(chosen)}=1 are {len(chosen)} sets, not one; choose one of them")
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

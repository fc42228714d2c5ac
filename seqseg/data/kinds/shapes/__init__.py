"""`shapes`, the set that needs no download: shapes that move, cross and hide each other, the same for the same seed.

Two of its five classes, `drifter` and `spinner`, look exactly alike in any single frame and differ in motion, so that a
memory pays. `shapes:videos=64,frames=24,size=96x128,seed=3` lists the options.

`shapes:moving=1` is a fixed camera's view with two classes: moving things, and everything else, including equal things
that stand still. `shapes:multi_label=1` has transparent things: a pixel has the classes of all of them.
`shapes:vector=1` has one class, `wanted`, and each video a vector that says which things are wanted.
"""

import itertools
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

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
from seqseg.data.limits import is_whole
from seqseg.data.sequences import RenderedFrames, RenderedMasks
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
_STREAM = 3  # in place of a split: scenes of streams are in no split

Key = tuple[int, int, int, tuple[int, int], str]
"""A scene: seed, split, number, size, kind."""


def open_shapes(where: str = "", *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`shapes` or `shapes:videos=…,frames=…,size=HxW,seed=…`: any number of videos, drawn frame by frame when read.

    `videos` is the number in this split. Splits and seeds have no scene in common.

    Raises:
        DataError: an unknown option, or an invalid value.
    """
    settings = _parse(where)
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


def shapes_stream(seed: int = 0, size: tuple[int, int] = DEFAULT_SIZE, *, moving: bool = False) -> Iterator[np.ndarray]:
    """Frames uint8 RGB (h, w, 3) of one endless scene that is in no split; `moving` as in `shapes:moving=1`.

    Example:
        >>> next(shapes_stream(seed=1, size=(45, 61))).shape
        (45, 61, 3)
    """
    scene = _scene(seed, _STREAM, 0, size, "moving" if moving else "")
    for frame in itertools.count():
        yield scene.render(frame)[0]


def _image(key: Key, frame: int) -> np.ndarray:
    return _render(key, frame)[0]


def _mask(key: Key, frame: int) -> np.ndarray:
    return _render(key, frame)[1]


def _video(key: Key, frames: int) -> Video:
    _, split, number, _, kind = key
    name = f"{list(_DEFAULT_VIDEOS)[split]}/{number:04d}"
    vectors = np.tile(np.eye(len(WANTED), dtype=np.float32)[_wanted(key)], (frames, 1)) if kind == "vector" else None
    images, masks = RenderedFrames(partial(_image, key), frames), RenderedMasks(partial(_mask, key), frames)
    return Video(name, images, masks, vectors=vectors)


def _wanted(key: Key) -> int:
    """The number of the wanted things of a scene."""
    seed, split, number, *_ = key
    return int(np.random.default_rng([seed, split, number, 2]).integers(len(WANTED)))


@lru_cache(maxsize=64)  # a frame and its mask are read one after the other
def _render(key: Key, frame: int) -> tuple[np.ndarray, np.ndarray]:
    if key[-1] == "multi_label":
        image, planes = _scene(*key).render_planes(frame, len(CLASSES) - 1)
        drawn = image, pack_planes(planes)
    else:
        drawn = _scene(*key).render(frame)
    for array in drawn:
        array.flags.writeable = False  # shared by all callers
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


def _parse(options: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"seed": 0, "frames": _DEFAULT_FRAMES, "size": DEFAULT_SIZE} | dict.fromkeys(_KINDS, 0)
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
        raise DataError(f"shapes:{'=1,'.join(chosen)}=1 exclude each other; choose one")
    return settings


def _number(name: str, value: str, *, least: int) -> int:
    if not is_whole(value) or int(value) < least:
        raise DataError(f"shapes:{name}= takes a whole number from {least} on, got {value!r}")
    return int(value)


def _size(value: str) -> tuple[int, int]:
    sides = value.lower().split("x")
    if len(sides) != 2 or not all(is_whole(side) and int(side) >= 8 for side in sides):
        raise DataError(f"shapes:size= takes HEIGHTxWIDTH from 8x8 on, like 96x128, got {value!r}")
    return int(sides[0]), int(sides[1])

"""`scenes`: synthetic sequences of a fixed camera, drawn without end from pictures and cut-out objects.

    scenes:backgrounds=DIR+DIR,sprites=voc:PATH+coco:PATH+davis:PATH      scenes (made-up pictures and shapes)

The model `moving` trains on them: objects that enter, stop, uncover the background or are put down; shadows, light that
drifts or jumps, moving leaves, sensor noise, compression, a shaking camera. See `scene.py`.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from seqseg.data.kinds.cdnet import CLASSES, MEANINGS, PALETTE
from seqseg.data.kinds.scenes.cast import KINDS
from seqseg.data.kinds.scenes.scene import Scene, scene_length
from seqseg.data.kinds.scenes.sources import read_stock
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.sequences import RenderedFrames, RenderedMasks
from seqseg.data.spec import one_of, split_options, whole_number
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from seqseg.registry import suggestion

DEFAULT_SIZE = (128, 160)
_DEFAULT_VIDEOS = {"train": 64, "val": 16, "test": 16}
Key = tuple[str, str, tuple[int, int], int, tuple[int, int, int], str | None]
"""A scene: backgrounds, sprites, size, frames, seed, kind."""


def open_scenes(where: str = "", *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`scenes` or `scenes:backgrounds=…,sprites=…,videos=…,frames=…,size=HxW,seed=…,kind=…,labels=motion|all`.

    Any number of videos of 45 to 600 frames (or `frames`), each drawn frame by frame when read, the same for a seed.
    Splits and seeds have no scene in common, but the same pictures and objects. The labels have changedetection.net's
    meaning: a shadow is background, or with `labels=all` a class of its own; edges, and objects present from the first
    frame until they move, are void. `kind` draws scenes of one kind only, see `cast.KINDS`.

    Raises:
        DataError: an option or a place that is not there, sprites without objects, or pictures too small.
    """
    left, options = split_options(f",{where}" if where else "", "scenes", _OPTIONS)
    if left:
        name = left.strip(",").partition("=")[0]
        raise DataError(f"scenes: has no option {name!r}{suggestion(name, _OPTIONS)}; it takes {', '.join(_OPTIONS)}")
    labels, seed, size = options.get("labels", "motion"), options.get("seed", 0), options.get("size", DEFAULT_SIZE)
    source = options.get("backgrounds", ""), options.get("sprites", "")
    read_stock(*source, size)
    videos = []
    for number_of_split, name in enumerate(_DEFAULT_VIDEOS):
        if split not in (name, "all"):
            continue
        for number in range(options.get("videos", _DEFAULT_VIDEOS[name])):
            key = (seed, number_of_split, number)
            frames = options.get("frames") or scene_length(np.random.default_rng([*key, 3]))
            drawn = (*source, size, frames, key, options.get("kind"))
            images, masks = partial(_image, drawn), partial(_mask, drawn, labels)
            videos.append(Video(f"{name}/{number:04d}", RenderedFrames(images, frames), RenderedMasks(masks, frames)))
    palette = PALETTE[[0, 2]] if labels == "motion" else PALETTE
    return VideoSet("scenes", split, tuple(videos), CLASSES[labels], palette)


def _image(key: Key, frame: int) -> np.ndarray:
    return _render(key, frame)[0]


def _mask(key: Key, labels: str, frame: int) -> np.ndarray:
    return MEANINGS[labels](_render(key, frame)[1])


@lru_cache(maxsize=64)  # a frame and its mask are read one after the other
def _render(key: Key, frame: int) -> tuple[np.ndarray, np.ndarray]:
    drawn = _scene(*key).render(frame)
    for array in drawn:
        array.flags.writeable = False  # shared by all callers
    return drawn


@lru_cache(maxsize=32)
def _scene(
    backgrounds: str, sprites: str, size: tuple[int, int], frames: int, seed: tuple[int, int, int], kind: str | None
) -> Scene:
    return Scene(read_stock(backgrounds, sprites, size), size, frames=frames, seed=seed, kind=kind)


def _size(value: str) -> tuple[int, int]:
    sides = value.lower().split("x")
    if len(sides) != 2 or not all(side.isdecimal() and 32 <= int(side) <= 1024 for side in sides):
        raise ValueError("HEIGHTxWIDTH from 32x32 to 1024x1024, like 128x160")
    return int(sides[0]), int(sides[1])


_OPTIONS: dict[str, Callable[[str], Any]] = {
    "backgrounds": str, "sprites": str, "videos": whole_number(1), "frames": whole_number(2, 10_000), "size": _size,
    "seed": whole_number(0), "kind": one_of(*KINDS), "labels": one_of(*CLASSES),
}  # fmt: skip

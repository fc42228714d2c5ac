"""Backgrounds and sprites from disk, read when a scene asks for them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.decoding import IMAGE_SUFFIXES, read_image
from seqseg.data.files.image_header import image_size
from seqseg.data.files.listing import files_in
from seqseg.data.kinds.coco import open_coco
from seqseg.data.kinds.davis import open_davis
from seqseg.data.kinds.folders import open_folders
from seqseg.data.kinds.scenes.stock import Shapes, Stock, Textures, cut_outs, small
from seqseg.data.kinds.voc import open_voc
from seqseg.data.left_out import LeftOut
from seqseg.data.sequences import LazySequence
from seqseg.data.video import Video, VideoSet, size_text
from seqseg.errors import DataError
from seqseg.registry import suggestion

OPENERS: dict[str, Callable[..., VideoSet]] = {
    "voc": open_voc, "coco": open_coco, "davis": open_davis, "folders": open_folders,
}  # fmt: skip
LARGEST_BACKGROUND = 520
"""Larger pictures are shrunk to this: a still camera's picture is sharp at the size of the canvas."""
TRIES = 50
LONGEST_WALK = 80
_HEADER = 2**16


class Pictures(LazySequence[np.ndarray]):
    """The images of folders as backgrounds uint8 RGB (h, w, 3).

    Raises:
        DataError: a folder has no images, or one of them is less than half as large as the canvas.
    """

    def __init__(self, folders: Sequence[Path], size: tuple[int, int]):
        self._files = [file for folder in folders for file in _images_of(folder)]
        for file in self._files:
            _refuse_small(file, size)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> np.ndarray:
        return _background(self._files[index])


class CutOuts:
    """The labelled objects of sets of pictures and videos; those of a video keep their movements.

    Raises:
        DataError: there are none.
    """

    def __init__(self, sets: Sequence[VideoSet]):
        self._videos = [(one, video) for one in sets for video in one.videos if video.labelled]
        self._names = " + ".join(one.name for one in sets)
        self.draw(np.random.default_rng(0))

    def draw(self, rng: np.random.Generator) -> Sequence[np.ndarray]:
        """One object as one or more RGBA pictures uint8 (h, w, 4)."""
        for _ in range(TRIES if self._videos else 0):
            one, video = self._videos[int(rng.integers(len(self._videos)))]
            found = _objects(video, one.void)
            if found:
                return found[int(rng.integers(len(found)))]
        raise DataError(
            f"scenes: sprites={self._names} has no labelled object of at least 16 pixels; give another set, "
            "or leave sprites out for drawn shapes"
        )


@lru_cache(maxsize=4)
def read_stock(backgrounds: str, sprites: str, size: tuple[int, int]) -> Stock:
    """What `DIR+DIR` and `kind:PATH+kind:PATH` name; made-up pictures and shapes where they are empty.

    Raises:
        DataError: a folder or a kind that is not there, no object in a set, or pictures too small for the canvas.
    """
    folders = [Path(folder).expanduser() for folder in filter(None, backgrounds.split("+"))]
    larger = (3 * size[0] // 2, 3 * size[1] // 2)
    pictures: LazySequence[np.ndarray] = Pictures(folders, size) if folders else Textures(1000, larger)
    sets = [_open(spec) for spec in filter(None, sprites.split("+"))]
    return Stock(pictures, CutOuts(sets) if sets else Shapes())


def _open(spec: str) -> VideoSet:
    kind, _, where = spec.partition(":")
    if kind not in OPENERS or not where:
        near = "" if kind in OPENERS else suggestion(kind, OPENERS)
        raise DataError(
            f"scenes: sprites={spec} names no set of objects{near}; write KIND:PATH, joined by +, "
            f"where KIND is one of {', '.join(OPENERS)}"
        )
    return OPENERS[kind](where, split="all", left_out=LeftOut(skip=True))


def _images_of(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"scenes: backgrounds={folder} is no folder; give one with pictures, or leave it out")
    files = files_in(folder, IMAGE_SUFFIXES)
    if not files:
        raise DataError(f"scenes: backgrounds={folder} has no images; give a folder with pictures, or leave it out")
    return files


def _refuse_small(file: Path, size: tuple[int, int]) -> None:
    with file.open("rb") as opened:
        found = image_size(opened.read(_HEADER))
    if found and (2 * found[0] < size[0] or 2 * found[1] < size[1]):
        raise DataError(
            f"{file} is {size_text(found)} (height x width), less than half of the canvas of {size_text(size)}; "
            "take it out, or draw smaller scenes with size=HxW"
        )


@lru_cache(maxsize=64)
def _background(file: Path) -> np.ndarray:
    picture = read_image(file)
    factor = LARGEST_BACKGROUND / max(picture.shape[:2])
    return picture if factor >= 1 else cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=256)
def _objects_of_picture(video_key: "_Key") -> list[tuple[np.ndarray, ...]]:
    video, void = video_key.video, video_key.void
    if len(video) == 1:
        return [(one,) for one in cut_outs(video.frame(0), video.mask(0), void=void)]
    walk = _walk(video, void)
    return [walk] if walk else []


class _Key:
    """A video hashed by identity, for the cache."""

    def __init__(self, video: Video, void: int):
        self.video, self.void = video, void

    def __hash__(self) -> int:
        return id(self.video)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.video is self.video


def _objects(video: Video, void: int) -> list[tuple[np.ndarray, ...]]:
    return _objects_of_picture(_Key(video, void))


def _walk(video: Video, void: int) -> tuple[np.ndarray, ...]:
    """Everything labelled in each frame of a video as one moving object, up to where it disappears."""
    pictures = []
    for index in video.labelled[:LONGEST_WALK]:
        frame, labels = video.pair(index)
        mask = np.asarray(labels)
        there = (mask > 0) & (mask != void)
        if there.sum() < 700:
            break
        rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        pictures.append(small(np.dstack([frame[box], 255 * there[box].astype(np.uint8)])))
    return tuple(pictures)

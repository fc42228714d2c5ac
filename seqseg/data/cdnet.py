"""changedetection.net (Wang et al. 2014): fixed cameras, in which what moves is labelled."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqseg.data.class_list import ClassList
from seqseg.data.decode import IMAGE_SUFFIXES, ImageFiles, LabelFiles, natural_key
from seqseg.data.label_meaning import LabelError
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.splitting import assemble
from seqseg.data.video import VOID, Video, VideoSet
from seqseg.errors import DataError

CLASSES = ("background", "moving")
PALETTE = np.array([[32, 32, 40], [66, 135, 245]], np.uint8)
STATIC, SHADOW, OUTSIDE, UNKNOWN, MOVING = 0, 50, 85, 170, 255
_REMEDY = "give a scene's folder, which holds input/ and groundtruth/, or one of such folders"


def open_cdnet(path: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`cdnet:PATH` -> one video a scene: PATH is a scene, or a folder of scenes or of categories of them.

    A cast shadow (50) is background; pixels outside the region of interest (85) and unknown ones (170) are void, and so
    are the frames outside of `temporalROI.txt`. There are no splits but what `splitting.py` makes.

    Raises:
        DataError: there is no such folder, no scene in it, or a scene without its frames or labels.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"no CDnet at {root}: there is no such folder; {_REMEDY}")
    scenes = sorted({folder.parent for folder in (root / "input", *root.rglob("input")) if folder.is_dir()})
    if not scenes:
        raise DataError(f"cdnet:{root} has no scene in it; {_REMEDY}")
    classes = ClassList(CLASSES, PALETTE, _classes_of, "shadows are background")
    return assemble(f"cdnet:{root}", split, {"": [_video(scene) for scene in scenes]}, classes)


def _video(scene: Path) -> Video:
    images = sorted((file for file in (scene / "input").iterdir() if file.suffix in IMAGE_SUFFIXES), key=natural_key)
    if not images:
        raise DataError(f"{scene / 'input'} has no images; copy the scene again")
    first, last = _labelled_range(scene, len(images))
    masks = [_mask_of(image, scene) if first <= number <= last else None for number, image in enumerate(images, 1)]
    return Video(scene.name, ImageFiles(images), LabelFiles(masks, _classes_of))


def _labelled_range(scene: Path, frames: int) -> Sequence[int]:
    """The first and the last labelled frame, counted from 1."""
    file = scene / "temporalROI.txt"
    if not file.is_file():
        raise DataError(f"{scene} has no temporalROI.txt, which says from where on it is labelled; copy it there")
    words = file.read_text(encoding="utf-8", errors="replace").split()
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[0]) > min(int(words[1]), frames):
        raise DataError(f"{file} must hold the first and the last labelled frame, such as 470 1700, got {words[:4]}")
    return int(words[0]), int(words[1])


def _mask_of(image: Path, scene: Path) -> Path:
    mask = scene / "groundtruth" / f"gt{image.stem.removeprefix('in')}.png"
    if not mask.is_file():
        raise DataError(f"{image} has no mask {mask}; copy it there or shorten temporalROI.txt")
    return mask


_NOTHING = 254
_TABLE = np.full(256, _NOTHING, np.uint8)
_TABLE[[STATIC, SHADOW, OUTSIDE, UNKNOWN, MOVING]] = 0, 0, VOID, VOID, 1


def _classes_of(values: np.ndarray) -> np.ndarray:
    """Values on disk -> classes and void."""
    if values.ndim != 2 or values.dtype != np.uint8:
        raise LabelError("holds no CDnet labels, which are 0, 50, 85, 170 and 255")
    labels = _TABLE[values]
    if (labels == _NOTHING).any():
        raise LabelError(f"has label {values[labels == _NOTHING][0]}; CDnet's are 0, 50, 85, 170 and 255")
    return labels

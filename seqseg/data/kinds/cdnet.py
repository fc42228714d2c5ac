"""changedetection.net (Wang et al. 2014): fixed cameras, moving things are labelled."""

from pathlib import Path

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.listing import files_in, folders_below, readable_name
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels, LabelError, Meaning
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.limits import is_whole
from seqseg.data.selection.splitting import assemble
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

CLASSES = {"motion": ("background", "moving"), "all": ("static", "shadow", "moving")}
PALETTE = np.array([[32, 32, 40], [120, 90, 160], [66, 135, 245]], np.uint8)
STATIC, SHADOW, OUTSIDE, UNKNOWN, MOVING = 0, 50, 85, 170, 255
_REMEDY = "give a scene's folder, which holds input/ and groundtruth/, or one of such folders"


def open_cdnet(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`cdnet:PATH` -> one video a scene: PATH is a scene, or a folder of scenes or of categories of them.

    A cast shadow (50) is background, or with `cdnet:PATH,labels=all` a class between static and moving. Pixels outside
    the region of interest (85) and unknown ones (170) are void, and so are the frames outside of `temporalROI.txt`.
    The splits are made by `selection/splitting.py`.

    Raises:
        DataError: there is no such folder, no scene in it, or a scene without its frames or labels.
    """
    path, options = split_options(where, "cdnet", {"labels": one_of(*CLASSES)})
    kind, root = options.get("labels", "motion"), Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"no CDnet at {root}: there is no such folder; {_REMEDY}")
    scenes = [folder for folder in folders_below(root) if (folder / "input").is_dir()]
    if not scenes:
        raise DataError(f"cdnet:{root} has no scene in it; {_REMEDY}")
    videos = []
    for scene in scenes:
        try:
            videos.append(_video(scene, MEANINGS[kind], left_out))
        except DataError as error:
            left_out.add(error)
    note = "shadows are background" if kind == "motion" else "shadows are a class"
    palette = PALETTE[[0, 2]] if kind == "motion" else PALETTE
    classes = ClassList(CLASSES[kind], palette, MEANINGS[kind], note)
    return assemble(f"cdnet:{root}", split, {"": videos}, classes)


def _video(scene: Path, meaning: Meaning, left_out: LeftOut) -> Video:
    images = files_in(scene / "input", IMAGE_SUFFIXES)
    if not images:
        raise DataError(f"{scene / 'input'} has no images; copy the scene again")
    there = FolderFiles(scene / "groundtruth", (".png",))
    first, last = _labelled_range(
        scene, len(images), all_labelled=all(there.find(_mask_name(image)) for image in images)
    )
    masks = [
        _mask_of(image, scene, there, left_out) if first <= number <= last else None
        for number, image in enumerate(images, 1)
    ]
    return Video(readable_name(scene.name), ImageFiles(images), LabelFiles(masks, meaning))


def _labelled_range(scene: Path, frames: int, *, all_labelled: bool) -> tuple[int, int]:
    """The first and the last labelled frame, counted from 1; all, where every frame has a mask and no file says so."""
    file = scene / "temporalROI.txt"
    if not file.is_file() and all_labelled:
        return 1, frames
    if not file.is_file():
        raise DataError(f"{scene} has no temporalROI.txt, which names the labelled frames; copy it there")
    words = file.read_text(encoding="utf-8-sig", errors="replace").split()
    if len(words) != 2 or not all(map(is_whole, words)) or int(words[0]) > min(int(words[1]), frames):
        raise DataError(f"{file} must hold the first and the last labelled frame, such as 470 1700, got {words[:4]}")
    return int(words[0]), int(words[1])


def _mask_of(image: Path, scene: Path, there: FolderFiles, left_out: LeftOut) -> Path | None:
    name = _mask_name(image)
    mask = there.find(name)
    if mask is None:
        left_out.add(DataError(f"{image} has no mask {there.expected(name)}; copy it there or shorten temporalROI.txt"))
        return None
    return mask


def _mask_name(image: Path) -> str:
    return f"gt{image.stem.removeprefix('in')}"


class _Meaning:
    """Values on disk -> classes and void."""

    def __init__(self, static: int, shadow: int, moving: int):
        self._index = IndexLabels(
            1 + moving, values=(STATIC, SHADOW, MOVING), numbers=(static, shadow, moving), void=(OUTSIDE, UNKNOWN)
        )

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim != 2 or values.dtype != np.uint8:
            raise LabelError("holds no CDnet labels, which are 0, 50, 85, 170 and 255")
        return self._index(values)


MEANINGS: dict[str, Meaning] = {"motion": _Meaning(0, 0, 1), "all": _Meaning(0, 1, 2)}

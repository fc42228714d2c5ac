"""CamVid (Brostow et al. 2008) in the SegNet layout: `train`, `trainannot`, `val`, `valannot` …."""

import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.decode import IMAGE_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.label_meaning import IndexLabels
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
PALETTE = np.array(
    [
        [128, 128, 128], [128, 0, 0], [192, 192, 128], [128, 64, 128], [60, 40, 222], [128, 128, 0],
        [192, 128, 128], [64, 64, 128], [64, 0, 128], [64, 64, 0], [0, 128, 192],
    ],
    np.uint8,
)  # fmt: skip
VOID_ON_DISK = 11
FRAMES_PER_SECOND = 30  # of the footage that the file names number
SPLITS = ("train", "val", "test")


def open_camvid(path: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`camvid:PATH` -> one video a sequence; the sequence is the file name up to `_`, the number gives order and time.

    Raises:
        DataError: the folder or the split is not there, or an image has no mask.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"no CamVid at {root}: there is no such folder; give the one that holds train/ and trainannot/")
    chosen = [name for name in SPLITS if (root / name).is_dir()] if split == "all" else [split]
    videos = [video for name in chosen for video in _split_videos(root, name, prefix=split == "all")]
    videos = require_videos(f"camvid:{root}", split, videos, "give the folder that holds train/ and trainannot/")
    return VideoSet("camvid", split, videos, CLASSES, PALETTE)


def _split_videos(root: Path, split: str, *, prefix: bool) -> list[Video]:
    images, masks = root / split, root / f"{split}annot"
    for folder in (images, masks):
        if not folder.is_dir():
            there = ", ".join(name for name in SPLITS if (root / name).is_dir()) or "none"
            raise DataError(f"camvid:{root} has no {folder.name}/ for its {split} split; the splits there are: {there}")
    sequences = defaultdict(list)
    for image in images.iterdir():
        if image.suffix.lower() in IMAGE_SUFFIXES:
            sequences[image.stem.partition("_")[0]].append(image)
    return [
        _video(f"{split}/{name}" if prefix else name, sorted(files, key=_number), masks)
        for name, files in sorted(sequences.items())
    ]


def _video(name: str, images: list[Path], masks: Path) -> Video:
    labels = [masks / f"{image.stem}.png" for image in images]
    for image, label in zip(images, labels, strict=True):
        if not label.is_file():
            raise DataError(f"{image} has no mask {label}; copy it there or remove the image")
    meaning = IndexLabels(len(CLASSES), void=(VOID_ON_DISK, 255))
    first = _number(images[0])
    times = tuple(Fraction(_number(image) - first, FRAMES_PER_SECOND) for image in images)
    return Video(name, ImageFiles(images), LabelFiles(labels, meaning), times)


def _number(image: Path) -> int:
    digits = re.findall(r"\d+", image.stem.partition("_")[2])
    if not digits:
        raise DataError(f"{image} has no frame number after the `_`; CamVid names look like 0001TP_006690.png")
    return int(digits[-1])

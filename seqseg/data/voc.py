"""Pascal VOC 2012 segmentation (Everingham et al. 2015) in its own layout; every image is a video of one frame."""

from pathlib import Path

import numpy as np

from seqseg.data.decode import ImageFiles, LabelFiles
from seqseg.data.label_meaning import IndexLabels
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
SPLITS = ("train", "val", "test")
_LAYOUT = "JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/"


def voc_palette(classes: int = 256) -> np.ndarray:
    """VOC's colours, uint8 RGB (classes, 3): the bits of the index, three by three, from the highest of each channel.

    >>> voc_palette(3).tolist()
    [[0, 0, 0], [128, 0, 0], [0, 128, 0]]
    """
    index = np.arange(classes)[:, None]
    bits = sum(((index >> (3 * k + np.arange(3))) & 1) << (7 - k) for k in range(8))
    return bits.astype(np.uint8)


def open_voc(path: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`voc:PATH`, which holds JPEGImages/, SegmentationClass/ and ImageSets/Segmentation/train.txt, val.txt.

    Raises:
        DataError: a folder, a list, an image or a mask is not there.
    """
    root = Path(path).expanduser()
    if not (root / "JPEGImages").is_dir():
        raise DataError(f"no VOC at {root}: there is no JPEGImages/ in it; give the folder that holds {_LAYOUT}")
    lists = root / "ImageSets" / "Segmentation"
    chosen = [name for name in SPLITS if (lists / f"{name}.txt").is_file()] if split == "all" else [split]
    names = dict.fromkeys(name for one in chosen for name in _names(lists, one))
    videos = require_videos(f"voc:{root}", split, [_video(root, name) for name in names], f"fill {lists}")
    return VideoSet("voc", split, videos, CLASSES, voc_palette(len(CLASSES)))


def _names(lists: Path, split: str) -> list[str]:
    file = lists / f"{split}.txt"
    if not file.is_file():
        there = ", ".join(sorted(path.stem for path in lists.glob("*.txt"))) or "none"
        raise DataError(f"VOC's list {file} is not there; the lists there are: {there}")
    return [line.split()[0] for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _video(root: Path, name: str) -> Video:
    image, mask = root / "JPEGImages" / f"{name}.jpg", root / "SegmentationClass" / f"{name}.png"
    for file in (image, mask):
        if not file.is_file():
            raise DataError(f"{file} is named in VOC's lists but is not there; copy it or take {name} out of the list")
    return Video(name, ImageFiles([image]), LabelFiles([mask], IndexLabels(len(CLASSES))))

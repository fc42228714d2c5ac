"""COCO-Stuff (Caesar et al. 2018): a PNG of things and stuff for every image of COCO; each is a video of one frame.

    PATH/stuffthingmaps_trainval2017/train2017/*.png, val2017/*.png     values 0–181 are ids 1–182, 255 is void
    PATH/train2017/*.jpg, val2017/*.jpg                                 or below PATH/images/

Eleven of the 182 were never labelled; scores are given for the remaining 171.
`classes=182` keeps all. PNGs that end in _labelTrainIds.png, as mmsegmentation writes them, have 0–170 already.
"""

from pathlib import Path

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import ImageFiles, LabelFiles
from seqseg.data.kinds.coco_stuff.classes import NAMES, NEVER_LABELLED
from seqseg.data.labels.meaning import IndexLabels
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

_LABELS = ("stuffthingmaps_trainval2017", "stuffthingmaps", "annotations", "labels")
_IMAGES = (".", "images")
_SPLITS = {"train": ("train2017", "train2014", "train"), "val": ("val2017", "val2014", "val")}
_TRAIN_IDS = "_labelTrainIds"


def open_coco_stuff(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`coco_stuff:PATH` or `coco_stuff:PATH,classes=182`.

    Raises:
        DataError: a folder, an image's label or the split is not there.
    """
    path, options = split_options(where, "coco_stuff", {"classes": one_of("171", "182")})
    root, everything = Path(path).expanduser(), options.get("classes") == "182"
    if split == "test":
        raise DataError("coco_stuff has no labels for test; evaluate on val")
    kept = [number for number, name in enumerate(NAMES) if everything or name not in NEVER_LABELLED]
    parts = _SPLITS if split == "all" else (split,)
    found = [video for part in parts for video in _videos(root, part, kept, left_out)]
    videos = require_videos(f"coco_stuff:{root}", split, found, "put images into train2017/ and val2017/")
    classes = tuple(NAMES[number] for number in kept)
    palette = voc_palette(len(NAMES) + 1)[1:][kept]  # the same colour for a class, however many there are
    return VideoSet(f"coco_stuff ({len(kept)} classes)", split, videos, classes, palette)


def _videos(root: Path, part: str, kept: list[int], left_out: LeftOut) -> list[Video]:
    images = FolderFiles(_folder(root, _IMAGES, part, "images"), (".jpg", ".jpeg"))
    labels = FolderFiles(_folder(root, _LABELS, part, "labels"), (".png", f"{_TRAIN_IDS}.png"))
    raw, by_train_id = IndexLabels(len(kept), values=kept), IndexLabels(len(NAMES) - len(NEVER_LABELLED))
    videos = []
    for name in images.stems():
        image, label = images.find(name), labels.find(name)
        if image is None or label is None:
            left_out.add(
                DataError(f"{labels.expected(name)} is not there, but its image is; copy it or remove the image")
            )
            continue
        meaning = by_train_id if label.stem.endswith(_TRAIN_IDS) else raw
        if meaning is by_train_id and len(kept) == len(NAMES):
            raise DataError(
                f"{label} has train ids of 171 classes; leave classes=182 out, or give the PNGs of COCO-Stuff"
            )
        videos.append(Video(name, ImageFiles([image]), LabelFiles([label], meaning)))
    return videos


def _folder(root: Path, tops: tuple[str, ...], part: str, what: str) -> Path:
    folders = [root / top / name for top in tops for name in _SPLITS[part]]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        raise DataError(f"no COCO-Stuff at {root}: no {what} of {part}; put them into {folders[0]}")
    return found

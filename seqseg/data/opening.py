"""Open a set of data by its name.

A set is named `kind:where`, such as `camvid:~/CamVid` or `shapes`. To add a kind, write `open_kind` in a file of its
own in `kinds/` and give it a line in `DATASETS`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from seqseg.data.kinds.camvid import open_camvid
from seqseg.data.kinds.cdnet import open_cdnet
from seqseg.data.kinds.cityscapes import open_cityscapes
from seqseg.data.kinds.coco import open_coco
from seqseg.data.kinds.coco_stuff import open_coco_stuff
from seqseg.data.kinds.ctc import open_cell_tracking
from seqseg.data.kinds.cvat import open_cvat
from seqseg.data.kinds.davis import open_davis
from seqseg.data.kinds.folders import open_folders
from seqseg.data.kinds.frames import open_frames
from seqseg.data.kinds.label_studio import open_label_studio
from seqseg.data.kinds.labelme import open_labelme
from seqseg.data.kinds.list import open_list
from seqseg.data.kinds.mapillary import open_mapillary
from seqseg.data.kinds.movies import open_movies
from seqseg.data.kinds.moving_mnist import open_moving_mnist
from seqseg.data.kinds.records import open_records
from seqseg.data.kinds.refcoco import open_refcoco
from seqseg.data.kinds.sbd import open_sbd
from seqseg.data.kinds.scenes import open_scenes
from seqseg.data.kinds.shapes import open_shapes
from seqseg.data.kinds.tiff import open_tiff
from seqseg.data.kinds.via import open_via
from seqseg.data.kinds.voc import open_voc
from seqseg.data.kinds.yolo_seg import open_yolo_seg
from seqseg.data.kinds.youtube_vis import open_youtube_vis
from seqseg.data.labels.class_map import ClassMap, map_classes, read_class_map
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import split_map, split_sources
from seqseg.data.together import open_together
from seqseg.data.video import VideoSet
from seqseg.errors import DataError
from seqseg.registry import suggestion


class Opener(Protocol):
    """Opens one kind of data: what follows the colon, a split, and where broken items are reported."""

    def __call__(self, where: str, /, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet: ...


DATASETS: dict[str, Opener] = {
    "camvid": open_camvid,
    "cdnet": open_cdnet,
    "coco": open_coco,
    "cityscapes": open_cityscapes,
    "ctc": open_cell_tracking,
    "cvat": open_cvat,
    "davis": open_davis,
    "coco_stuff": open_coco_stuff,
    "folders": open_folders,
    "frames": open_frames,
    "label_studio": open_label_studio,
    "labelme": open_labelme,
    "list": open_list,
    "mapillary": open_mapillary,
    "movies": open_movies,
    "records": open_records,
    "moving_mnist": open_moving_mnist,
    "refcoco": open_refcoco,
    "sbd": open_sbd,
    "scenes": open_scenes,
    "shapes": open_shapes,
    "tiff": open_tiff,
    "via": open_via,
    "voc": open_voc,
    "yolo_seg": open_yolo_seg,
    "youtube_vis": open_youtube_vis,
}
SPLITS = ("train", "val", "test", "all")

_DESCRIPTIONS = {
    "coco": ("COCO's json of instances with its images; classes=person+car, labels=multi", "coco:~/COCO,classes=voc"),
    "camvid": ("CamVid: the SegNet layout with 11 classes, or as published, 11, 31 or 32", "camvid:~/data/CamVid"),
    "cdnet": ("changedetection.net: scenes of a fixed camera; what moves, labels=all its shadow too", "cdnet:highway"),
    "cityscapes": (
        "Cityscapes: leftImg8bit/ or its 30-frame sequences, gtFine/; 19 classes",
        "cityscapes:~/cityscapes",
    ),
    "ctc": (
        "Cell Tracking Challenge, 2-D: 01/ 01_GT/ 01_ST/; labels=border parts cells",
        "ctc:DIC-C2DH-HeLa,truth=both",
    ),
    "davis": ("DAVIS 2016 and 2017: JPEGImages/ Annotations/ ImageSets/; objects against the rest", "davis:~/DAVIS"),
    "coco_stuff": (
        "COCO-Stuff's PNGs: stuffthingmaps_trainval2017/ beside the images, 171 classes",
        "coco_stuff:~/COCO",
    ),
    "folders": ("images/ and masks/ with matching names, a sub-folder a video; labels are indices", "folders:cells"),
    "frames": ("movies or folders of images without labels, to predict frames from", "frames:movie.mp4"),
    "cvat": ("CVAT: images or video 1.1 (annotations.xml), or its segmentation masks", "cvat:~/export"),
    "label_studio": ("Label Studio's json: polygons, brush strokes, boxes, ellipses", "label_studio:export.json"),
    "labelme": ("LabelMe: a json beside each image; videos=1 joins a folder", "labelme:~/labelled"),
    "via": ("VGG Image Annotator's json, 1.x and 2.x; attribute= names the class", "via:via.json,attribute=class"),
    "yolo_seg": ("YOLO's polygons: data.yaml, images/ labels/, a line a polygon", "yolo_seg:~/set"),
    "list": ("a CSV file: image, mask, video, frame, time, split, and numbers for a condition", "list:frames.csv"),
    "mapillary": ("Mapillary Vistas 1.2 and 2.0: config.json training/ validation/", "mapillary:~/mapillary"),
    "movies": ("movies, each with a movie (name_mask.mkv), folder or json of masks beside it", "movies:~/takes"),
    "records": ("any set packed into few files by `seqseg convert`, which is read fastest", "records:~/packed"),
    "moving_mnist": (
        "handwritten digits that bounce, from MNIST's files or the published test set",
        "moving_mnist:~/mnist,digits=2,frames=20",
    ),
    "refcoco": (
        "referring expressions: refs(unc).p, instances.json; a sentence is a vector",
        "refcoco:~/refer/refcoco",
    ),
    "sbd": (
        "Semantic Boundaries Dataset: img/ cls/ train.txt val.txt, VOC's classes, .mat or PNG",
        "sbd:~/SBD",
    ),
    "scenes": (
        "a fixed camera's view, drawn: what moves, in light, leaves and noise; sprites=voc:PATH, backgrounds=DIR",
        "scenes:backgrounds=~/photos,sprites=coco:~/COCO",
    ),
    "shapes": (
        "moving shapes, drawn here; two classes differ only in motion; moving=1, multi_label=1, vector=1",
        "shapes:videos=64,seed=3",
    ),
    "tiff": ("TIFFs of many pages, each with a TIFF, .npy or folder of masks beside it", "tiff:~/stacks"),
    "voc": ("Pascal VOC 2012, 21 classes; with sbd=SBD its labels too; split= names a rule", "voc:~/VOCdevkit/VOC2012"),
    "youtube_vis": ("YouTube-VIS: JPEGImages/ and instances.json; polygons or run lengths", "youtube_vis:~/ytvis"),
}


def open_data(
    source: str, *, split: str = "train", left_out: LeftOut = STRICT,
    class_map: str | Mapping[str, Any] | ClassMap | None = None,
) -> VideoSet:  # fmt: skip
    """The videos of `source`, "kind:where", in `split`: train, val, test or all.

    Several sources of the same classes are joined by " + ": "cdnet:highway + shapes:moving=1"; a path with commas or
    " + " in it may stand in quotes. With
    `left_out=LeftOut(skip=True)` broken items are left out and listed there instead of raising an error. `class_map`
    merges, drops and renames classes of all sources (see `labels/class_map.py`); ",map=NAME" or ",map=FILE.toml" after
    a path does so for that source first.

    Raises:
        DataError: an unknown kind, a missing path, or data that cannot be used.
        ConfigError: an invalid class map.

    Example:
        >>> open_data("shapes:videos=2,frames=5", split="val").frames
        10
    """
    sets = [_open(one, split, left_out) for one in split_sources(source)]
    mapping = read_class_map(class_map)
    if mapping is not None:
        sets = map_classes(sets, mapping)
    return open_together(sets) if len(sets) > 1 else sets[0]


def open_splits(
    source: str, splits: Sequence[str], *, left_out: LeftOut = STRICT
) -> tuple[list[VideoSet], dict[str, DataError]]:
    """The sets of these splits, and the errors of missing ones; "all" means train, val and test if they exist.

    Raises:
        DataError: a named split cannot be opened, or with "all" none.
    """
    if "all" not in splits:
        return [open_data(source, split=split, left_out=left_out) for split in dict.fromkeys(splits)], {}
    sets: list[VideoSet] = []
    absent: dict[str, DataError] = {}
    for split in ("train", "val", "test"):
        try:
            sets.append(open_data(source, split=split, left_out=left_out))
        except DataError as error:
            absent[split] = error
    if not sets:
        raise absent["train"]
    return sets, absent


def list_data() -> list[tuple[str, str, str]]:
    """(kind, what it is, example) of every kind of data."""
    return [(kind, *_DESCRIPTIONS[kind]) for kind in DATASETS]


def _open(source: str, split: str, left_out: LeftOut) -> VideoSet:
    kind, _, where = source.partition(":")
    if kind not in DATASETS:
        raise DataError(f"unknown data kind {kind!r}{suggestion(kind, DATASETS)}; there are: {', '.join(DATASETS)}")
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r}{suggestion(split, SPLITS)}; there are: {', '.join(SPLITS)}")
    where, map_name = split_map(where)
    if not where and kind not in ("scenes", "shapes"):
        raise DataError(f"{kind}: needs a path, as in {_DESCRIPTIONS[kind][1]}")
    before = len(left_out.items)
    try:
        data = DATASETS[kind](where, split=split, left_out=left_out)
    except DataError as error:
        lost = left_out.items[before:]
        if not lost:
            raise
        raise DataError(f"{error} (left out before: {lost[0]})") from error
    class_map = read_class_map(map_name)
    return data if class_map is None else map_classes([data], class_map)[0]

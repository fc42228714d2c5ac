"""Videos with labels from disk or drawn, cut into clips and fed into training.

A set is named `kind:where`, such as `camvid:~/CamVid` or `shapes`. To add a kind: write a function
`open_kind(where, *, split, left_out) -> VideoSet` in a file of its own and give it a line in `DATASETS`.
"""

from seqseg.data.camvid import open_camvid
from seqseg.data.cdnet import open_cdnet
from seqseg.data.folders import open_folders
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.movies import open_movies
from seqseg.data.synthetic import open_shapes
from seqseg.data.together import open_together
from seqseg.data.video import VOID, Video, VideoSet
from seqseg.data.voc import open_voc
from seqseg.errors import DataError
from seqseg.registry import suggestion

__all__ = ["DATASETS", "VOID", "LeftOut", "Video", "VideoSet", "list_data", "open_data"]

DATASETS = {
    "camvid": open_camvid,
    "cdnet": open_cdnet,
    "folders": open_folders,
    "movies": open_movies,
    "shapes": open_shapes,
    "voc": open_voc,
}
SPLITS = ("train", "val", "test", "all")

_DESCRIPTIONS = {
    "camvid": ("CamVid in the SegNet layout: train/ trainannot/ val/ valannot/, 11 classes", "camvid:~/data/CamVid"),
    "cdnet": ("changedetection.net: a scene or a folder of scenes; what moves before a fixed camera", "cdnet:highway"),
    "folders": ("images/ and masks/ with matching names, a sub-folder a video; labels are indices", "folders:cells"),
    "movies": ("movies, each with a mask movie (name_mask.mkv) or a folder of masks beside it", "movies:~/takes"),
    "shapes": ("moving shapes, drawn here; two classes that only motion tells apart", "shapes:videos=64,seed=3"),
    "voc": ("Pascal VOC 2012: JPEGImages/ SegmentationClass/ ImageSets/, 21 classes", "voc:~/VOCdevkit/VOC2012"),
}


def open_data(source: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """The videos of `source`, "kind:where", in `split`: train, val, test or all.

    Several sources of the same classes are joined by " + ": "cdnet:highway + shapes:moving=1". With
    `left_out=LeftOut(skip=True)` what is broken is left out and listed there instead of being an error.

    Raises:
        DataError: an unknown kind, a missing path, or data that cannot be used as it is.

    Example:
        >>> open_data("shapes:videos=2,frames=5", split="val").frames
        10
    """
    if " + " in source:
        return open_together([open_data(one.strip(), split=split, left_out=left_out) for one in source.split(" + ")])
    kind, _, where = source.partition(":")
    if kind not in DATASETS:
        raise DataError(f"unknown data kind {kind!r}{suggestion(kind, DATASETS)}; there are: {', '.join(DATASETS)}")
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r}{suggestion(split, SPLITS)}; there are: {', '.join(SPLITS)}")
    if not where and kind != "shapes":
        raise DataError(f"{kind}: needs a path, as in {_DESCRIPTIONS[kind][1]}")
    return DATASETS[kind](where, split=split, left_out=left_out)


def list_data() -> list[tuple[str, str, str]]:
    """(kind, what it is, example) of every kind of data."""
    return [(kind, *_DESCRIPTIONS[kind]) for kind in DATASETS]

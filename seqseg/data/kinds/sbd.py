"""The Semantic Boundaries Dataset (Hariharan et al. 2011): VOC's classes drawn on 11,355 of VOC's images, no void.

    PATH/img/*.jpg   PATH/cls/*.mat   PATH/train.txt   PATH/val.txt      or all that in PATH/dataset/

Labels are read from the published .mat files (GTcls.Segmentation), or from PNGs made of them in cls/, cls_png/ or
SegmentationClassAug/.
"""

from pathlib import Path

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import ImageFiles
from seqseg.data.files.name_list import read_names
from seqseg.data.kinds.voc.classes import CLASSES
from seqseg.data.kinds.voc.sbd_files import find_sbd, label_of
from seqseg.data.kinds.voc.splits import Split
from seqseg.data.labels.palette import voc_palette
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError


def open_sbd(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`sbd:PATH` -> SBD by its own lists, 8,498 train and 2,857 val images; each is a video of one frame.

    Raises:
        DataError: a folder, a list, an image or a label is not there, or an image is in both lists.
    """
    path, _ = split_options(where, "sbd", {})
    sbd = find_sbd(Path(path).expanduser())
    if sbd.images is None:
        raise DataError(f"SBD at {sbd.root} has no img/ with its images; put them there or use voc:VOC,sbd={path}")
    if split == "test":
        raise DataError("sbd has no test split; evaluate on val")
    lists = [sbd.root / "train.txt", sbd.root / "val.txt"]
    train, val = (read_names(file, left_out=left_out) for file in lists)
    found = Split("sbd", train, val)
    images, kept = FolderFiles(sbd.images, (".jpg",)), []
    for name in found.names(split):
        image, label = images.find(name), sbd.labels.find(name)
        if image is None or label is None:
            missing = images.expected(name) if image is None else sbd.labels.expected(name)
            left_out.add(
                DataError(f"{missing} is named in SBD's lists but does not exist; copy it or correct the list")
            )
            continue
        kept.append(Video(name, ImageFiles([image]), label_of(label)))
    videos = require_videos(f"sbd:{sbd.root}", split, kept, f"fill {lists[0].parent}")
    return VideoSet("sbd", split, videos, CLASSES, voc_palette(len(CLASSES)), notes=(found.note,))

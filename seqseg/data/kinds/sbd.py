"""The Semantic Boundaries Dataset (Hariharan et al. 2011): VOC's classes drawn on 11,355 of VOC's images, no void.

    PATH/img/*.jpg   PATH/cls/*.mat   PATH/train.txt   PATH/val.txt      or all that in PATH/dataset/

Labels are read from the .mat files as they come (GTcls.Segmentation), or from PNGs that somebody has made of them in
cls/, cls_png/ or SegmentationClassAug/.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import ImageFiles, LabelFiles
from seqseg.data.files.mat import MatError, read_mat
from seqseg.data.files.name_list import read_names
from seqseg.data.files.whole_file import require_file
from seqseg.data.kinds.voc.classes import CLASSES, VOC_LABELS, voc_palette
from seqseg.data.kinds.voc.splits import Split
from seqseg.data.labels.meaning import LabelError
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

_ROOTS = (".", "dataset", "benchmark_RELEASE/dataset", "benchmark/benchmark_RELEASE/dataset")
_LABEL_FOLDERS = ("cls", "cls_png", "SegmentationClassAug", ".")


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
    found = Split("sbd", *(read_names(file, left_out=left_out) for file in lists))
    images, videos = FolderFiles(sbd.images, (".jpg",)), []
    for name in found.names(split):
        image, label = images.find(name), sbd.labels.find(name)
        if image is None or label is None:
            missing = images.expected(name) if image is None else sbd.labels.expected(name)
            left_out.add(DataError(f"{missing} is named in SBD's lists but is not there; copy it or mend the list"))
            continue
        videos.append(Video(name, ImageFiles([image]), label_of(label)))
    videos = require_videos(f"sbd:{sbd.root}", split, videos, f"fill {lists[0].parent}")
    return VideoSet("sbd", split, videos, CLASSES, voc_palette(len(CLASSES)), notes=(found.note,))


@dataclass(frozen=True)
class SbdFolder:
    """SBD on disk: where its lists are, its images if they are there, its label files."""

    root: Path
    images: Path | None
    labels: FolderFiles


def find_sbd(path: Path) -> SbdFolder:
    """SBD in `path` or in the folders that its archive unpacks to.

    Raises:
        DataError: there is no folder of labels.
    """
    for root in (path / one for one in _ROOTS):
        for folder in (root / one for one in _LABEL_FOLDERS):
            suffixes = _label_suffixes(folder)
            if suffixes:
                images = root / "img"
                return SbdFolder(root, images if images.is_dir() else None, FolderFiles(folder, suffixes))
    raise DataError(
        f"no SBD at {path}: there is no cls/ with .mat files, nor PNGs in cls_png/ or SegmentationClassAug/; "
        "give the folder that holds img/, cls/, train.txt and val.txt"
    )


def _label_suffixes(folder: Path) -> tuple[str, ...]:
    """Those of .mat and .png that files in the folder have."""
    if not folder.is_dir():
        return ()
    there = {os.path.splitext(name)[1] for name in os.listdir(folder)}
    return tuple(suffix for suffix in (".mat", ".png") if suffix in there)


def label_of(path: Path) -> Sequence:
    """The label in a .mat or PNG file as the masks of a video of one frame."""
    return MatLabels([path]) if path.suffix == ".mat" else LabelFiles([path], VOC_LABELS)


class MatLabels(Sequence):
    """SBD's .mat files as a lazy sequence of masks uint8 (h, w) of class indices."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = tuple(paths)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        path = self.paths[index]
        values = read_segmentation(path)
        try:
            return VOC_LABELS(values)
        except LabelError as error:
            raise DataError(f"the label {path} {error}") from None

    @property
    def present(self) -> tuple[bool, ...]:
        """Every frame has a label."""
        return (True,) * len(self.paths)

    def describe(self, index: int) -> Path:
        """The file of mask `index`."""
        return self.paths[index]


def read_segmentation(path: Path) -> np.ndarray:
    """GTcls.Segmentation of one of SBD's .mat files, (h, w) as it is written.

    Raises:
        DataError: the file is missing, damaged, or holds no such thing.
    """
    require_file(path)
    try:
        values = read_mat(path.read_bytes(), ("GTcls", "Segmentation"))
    except OSError as error:
        raise DataError(f"cannot read the label {path}: {error.strerror or error}; check its permissions") from None
    except MatError as error:
        raise DataError(f"cannot read the label {path}: {error}; copy it again") from None
    if values is None:
        raise DataError(f"the label {path} holds no GTcls.Segmentation; give SBD's own files of cls/")
    if values.ndim != 2 or values.dtype.kind not in "ui" or not values.size:
        raise DataError(f"the label {path} has a Segmentation that is no picture of whole numbers; copy it again")
    return values

"""SBD's labels of VOC's images: their folders, and the content of its .mat files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import LabelFiles
from seqseg.data.files.mat import MatError, read_mat
from seqseg.data.files.whole_file import require_file
from seqseg.data.kinds.voc.classes import VOC_LABELS
from seqseg.data.labels.meaning import LabelError
from seqseg.data.sequences import MaskSequence
from seqseg.errors import DataError

_ROOTS = (".", "dataset", "benchmark_RELEASE/dataset", "benchmark/benchmark_RELEASE/dataset")
_LABEL_FOLDERS = ("cls", "cls_png", "SegmentationClassAug", ".")


@dataclass(frozen=True)
class SbdFolder:
    """SBD on disk: the folder of its lists, that of its images if there is one, its label files."""

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
    """Which of .mat and .png occur in the folder."""
    if not folder.is_dir():
        return ()
    there = {os.path.splitext(name)[1] for name in os.listdir(folder)}
    return tuple(suffix for suffix in (".mat", ".png") if suffix in there)


def label_of(path: Path) -> MaskSequence:
    """The label in a .mat or PNG file, as a video of one frame has it."""
    return MatLabels([path]) if path.suffix == ".mat" else LabelFiles([path], VOC_LABELS)


class MatLabels(MaskSequence):
    """SBD's .mat files as a lazy sequence of masks uint8 (h, w) of class indices."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = tuple(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        path = self.paths[index]
        values = read_segmentation(path)
        try:
            return VOC_LABELS(values)
        except LabelError as error:
            raise DataError(f"the label {path} {error}") from None

    @property
    def present(self) -> tuple[bool, ...]:
        return (True,) * len(self.paths)

    def describe(self, index: int) -> Path:
        """The file of mask `index`."""
        return self.paths[index]


def read_segmentation(path: Path) -> np.ndarray:
    """GTcls.Segmentation of one of SBD's .mat files, (h, w) as written.

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

"""The Cell Tracking Challenge (Ulman et al. 2017, Maška et al. 2023), laid out as it is downloaded:

    PATH/01/t000.tif …                        frames of 8 or 16 bits; 02/ likewise, each folder a video
    PATH/01_GT/SEG/man_seg000.tif …           16-bit numbers of cells, by hand: gold, and only for some frames
    PATH/01_GT/TRA/man_track000.tif …         a marker for every cell of every frame
    PATH/01_ST/SEG/man_seg000.tif …           numbers of cells, by vote of the best programs: silver, for every frame

PATH may also hold several such data sets. Options: `labels=cell|border` and `truth=gold|silver|both` (both: gold if
there is any, else silver). With `labels=border` the pixels of a cell that touch another cell or the background are a
class of their own. Gold may leave out cells of a frame; where TRA has a marker that gold lacks, the label is void. Only
2-D sets can be read.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from seqseg.data.files.decoding import ImageFiles, read_label_values
from seqseg.data.files.listing import files_in, folders_in
from seqseg.data.files.tiff_pages import count_pages
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.sequences import MaskSequence
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID
from seqseg.errors import DataError

PALETTE = np.array([[20, 20, 28], [110, 190, 120], [240, 180, 60]], np.uint8)
CLASSES = ("background", "cell", "border")
_TIFF = (".tif", ".tiff")


class CellMasks(MaskSequence):
    """Masks uint8 (h, w) of numbered cells; the files of a frame are (numbers, markers or None), or None."""

    def __init__(self, files: Sequence[tuple[Path, Path | None] | None], *, border: bool):
        self.files, self.border = tuple(files), border

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> np.ndarray | None:
        files = self.files[index]
        if files is None:
            return None
        numbers_file, markers_file = files
        numbers = _numbers(numbers_file)
        labels = (numbers > 0).astype(np.uint8)
        if self.border:
            labels[borders(numbers)] = 2
        if markers_file is not None:
            markers = _numbers(markers_file)
            if markers.shape != numbers.shape:
                raise DataError(f"{markers_file} is not the size of {numbers_file}; copy the set again")
            left_out = np.setdiff1d(markers[markers > 0], markers[(markers > 0) & (numbers > 0)])
            labels[np.isin(markers, left_out) & (numbers == 0)] = VOID
        return labels

    @property
    def present(self) -> tuple[bool, ...]:
        return tuple(files is not None for files in self.files)

    def describe(self, index: int) -> Path | None:
        """The file of mask `index`, or None."""
        files = self.files[index]
        return None if files is None else files[0]


def open_cell_tracking(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`ctc:PATH,labels=border,truth=both` -> one video a sequence (01, 02).

    Raises:
        DataError: no sequences, none of the labels asked for, or a 3-D set.
    """
    path, options = split_options(
        where, "ctc", {"labels": one_of("cell", "border"), "truth": one_of("gold", "silver", "both")}
    )
    root, truth = Path(path).expanduser(), options.get("truth", "gold")
    border = options.get("labels") == "border"
    roots = [folder for folder in (root, *folders_in(root)) if _sequences(folder)]
    if not roots:
        raise DataError(
            f"no Cell Tracking Challenge at {root}: no folder 01 with t000.tif in it; give the one above 01"
        )
    videos = []
    for folder in roots:
        for number in _sequences(folder):
            try:
                videos.append(_video(folder, number, truth, border, "" if folder == root else f"{folder.name}/"))
            except DataError as error:
                left_out.add(error)
    if not any(video.labelled for video in videos):
        raise DataError(f"ctc:{root} has no {truth} truth; there may be another: truth=gold, silver or both")
    labelled = sum(len(video.labelled) for video in videos)
    count = 3 if border else 2
    note = f"{labelled} of {sum(map(len, videos))} frames have {'gold or silver' if truth == 'both' else truth} truth"
    return assemble(
        f"ctc:{root}", split, {"": videos}, ClassList(CLASSES[:count], PALETTE[:count], IndexLabels(count), note)
    )


def borders(numbers: np.ndarray) -> np.ndarray:
    """Pixels of numbered things (h, w) that touch another number or the background, also diagonally -> bool (h, w).

    >>> borders(np.array([[1, 1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 2]])).astype(int)[1].tolist()
    [0, 0, 1, 1]
    """
    dense = np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape).astype(np.float32)
    square = np.ones((3, 3), np.uint8)
    highest = cv2.dilate(dense, square, borderType=cv2.BORDER_REPLICATE)
    lowest = cv2.erode(dense, square, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((numbers > 0) & (highest != lowest))


def _sequences(folder: Path) -> list[str]:
    return [child.name for child in folders_in(folder) if re.fullmatch(r"\d\d", child.name) and files_in(child, _TIFF)]


def _video(folder: Path, number: str, truth: str, border: bool, prefix: str) -> Video:
    frames = files_in(folder / number, _TIFF)
    if count_pages(frames[0]) > 1 or any("_" in file.stem[7:] for file in _masks(folder / f"{number}_GT" / "SEG")):
        raise DataError(
            f"{folder / number} is a 3-D set, and only 2-D ones can be read; use a 2-D one (2DH in its name)"
        )
    gold = _by_frame(_masks(folder / f"{number}_GT" / "SEG")) if truth != "silver" else {}
    silver = _by_frame(_masks(folder / f"{number}_ST" / "SEG")) if truth != "gold" else {}
    markers = _by_frame(files_in(folder / f"{number}_GT" / "TRA", _TIFF))
    masks: list[tuple[Path, Path | None] | None] = []
    for frame in map(_number, frames):
        if frame in gold:
            masks.append((gold[frame], markers.get(frame)))
        else:
            masks.append((silver[frame], None) if frame in silver else None)
    return Video(f"{prefix}{number}", ImageFiles(frames), CellMasks(masks, border=border))


def _masks(folder: Path) -> list[Path]:
    return [file for file in files_in(folder, _TIFF) if file.name.startswith("man_seg")]


def _by_frame(files: list[Path]) -> dict[int, Path]:
    return {_number(file): file for file in files}


def _number(file: Path) -> int:
    digits = re.findall(r"\d+", file.stem)
    if not digits:
        raise DataError(f"{file} has no frame number in its name, such as t000.tif; remove it")
    return int(digits[-1])


def _numbers(file: Path) -> np.ndarray:
    numbers = read_label_values(file)
    if numbers.ndim != 2 or not np.issubdtype(numbers.dtype, np.integer):
        raise DataError(
            f"the mask {file} holds no numbers of cells, but {numbers.dtype} {numbers.shape}; copy it again"
        )
    return numbers

"""Cityscapes (Cordts et al. 2016), laid out as it is downloaded (the README of cityscapesScripts):

    PATH/leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png            one frame of every snippet, or
    PATH/leftImg8bit_sequence/train/aachen/aachen_000000_000000_leftImg8bit.png   all 30, of which number 19 is labelled
    PATH/gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png             also _labelTrainIds, _instanceIds
    PATH/gtCoarse/train, train_extra, val                                         the same, labelled coarsely

The cities' folders may be missing. Options: `frames=single|sequence` (sequence if it exists), `truth=fine|coarse`,
`labels=labelIds|labelTrainIds|instanceIds` (the first that exists). The classes are always the 19 that are evaluated;
everything else is void. Of instances the class is `id // 1000` from 1000 on. In
sequences a video is a run of consecutive frames; train on clips that end at the label: `[data] clips =
"labelled_last"`.
"""

import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import ImageFiles, LabelFiles
from seqseg.data.files.listing import files_in, folders_below
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels, InstanceLabels, Meaning
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID
from seqseg.errors import DataError

CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
    "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip
PALETTE = np.array(
    [
        [128, 64, 128], [244, 35, 232], [70, 70, 70], [102, 102, 156], [190, 153, 153], [153, 153, 153],
        [250, 170, 30], [220, 220, 0], [107, 142, 35], [152, 251, 152], [70, 130, 180], [220, 20, 60], [255, 0, 0],
        [0, 0, 142], [0, 0, 70], [0, 60, 100], [0, 80, 100], [0, 0, 230], [119, 11, 32],
    ],
    np.uint8,
)  # fmt: skip
IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)  # of the classes, among 0–33
FRAMES_PER_SECOND = 17
_LABELS = ("labelIds", "labelTrainIds", "instanceIds")
_NAME = re.compile(r"(.+)_(\d+)_(\d+)_leftImg8bit")
_SPLITS = {"train": ("train", "train_extra"), "val": ("val",), "test": ("test",)}


def open_cityscapes(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`cityscapes:PATH,truth=fine` -> one video a frame, or in sequences one a run of frames.

    Raises:
        DataError: no images, no labels, or names that are not Cityscapes'.
    """
    path, options = split_options(
        where, "cityscapes",
        {"frames": one_of("single", "sequence"), "truth": one_of("fine", "coarse"), "labels": one_of(*_LABELS)},
    )  # fmt: skip
    root = Path(path).expanduser()
    images, sequence = _image_folder(root, options.get("frames"))
    truth = options.get("truth", "fine")
    masks = root / f"gt{truth.capitalize()}"
    if not masks.is_dir():
        raise DataError(
            f"cityscapes:{root} has no {masks.name}/; copy it there, or choose the other truth (fine, coarse)"
        )
    parts = _SPLITS if any((images / name).is_dir() for name in _SPLITS) else {"": (".",)}
    if truth == "fine":
        parts = {part: folders[:1] for part, folders in parts.items()}
    videos = {}
    for part, folders in parts.items():
        labels: dict[str, tuple[Path, str]] = {}
        for folder in folders:
            labels |= _labels_of(masks / folder, truth, options.get("labels"))
        frames = [file for folder in folders for file in _pngs(images / folder)]
        if frames:
            videos[part] = _videos(frames, labels, sequence, left_out)
    if not videos:
        raise DataError(f"cityscapes:{root} has no frames in {images.name}/; give the folder that holds {images.name}/")
    classes = ClassList(CLASSES, PALETTE, _by_ids(), f"labels are those of {masks.name}/")
    return assemble(f"cityscapes:{root}", split, videos, classes)


def _image_folder(root: Path, wanted: str | None) -> tuple[Path, bool]:
    for kind, name in (("sequence", "leftImg8bit_sequence"), ("single", "leftImg8bit")):
        if wanted in (None, kind) and (root / name).is_dir():
            return root / name, kind == "sequence"
    name = "leftImg8bit_sequence" if wanted == "sequence" else "leftImg8bit"
    raise DataError(
        f"no Cityscapes at {root}: there is no {name}/ in it; give the folder that holds {name}/ and gtFine/"
    )


def _pngs(folder: Path) -> list[Path]:
    return [file for below in folders_below(folder) for file in files_in(below, (".png",))] if folder.is_dir() else []


def _labels_of(folder: Path, truth: str, wanted: str | None) -> dict[str, tuple[Path, str]]:
    """(mask, kind of labels) by the frame's name, city_sequence_frame."""
    found: dict[str, tuple[Path, str]] = {}
    for file in _pngs(folder):
        name, _, kind = file.stem.rpartition(f"_gt{truth.capitalize()}_")
        if kind in ((wanted,) if wanted else _LABELS):
            before = found.get(name)
            if before is None or _LABELS.index(kind) < _LABELS.index(before[1]):
                found[name] = file, kind
    return found


def _videos(frames: list[Path], labels: dict[str, tuple[Path, str]], sequence: bool, left_out: LeftOut) -> list[Video]:
    runs = defaultdict(list)
    for file in frames:
        match = _NAME.fullmatch(file.stem)
        if not match:
            left_out.add(
                DataError(f"{file} has no name of Cityscapes', such as aachen_000000_000019_leftImg8bit.png; remove it")
            )
            continue
        runs[match[1], match[2]].append((int(match[3]), file))
    videos = []
    for (city, number), numbered in sorted(runs.items()):
        for run in _consecutive(sorted(numbered)) if sequence else [[one] for one in sorted(numbered)]:
            videos.append(_video(f"{city}_{number}_{run[0][0]:06d}", run, labels))
    return [video for video in videos if video.labelled] if sequence else videos


def _consecutive(numbered: list[tuple[int, Path]]) -> list[list[tuple[int, Path]]]:
    runs = [[numbered[0]]]
    for one in numbered[1:]:
        if one[0] != runs[-1][-1][0] + 1:
            runs.append([])
        runs[-1].append(one)
    return runs


def _video(name: str, run: list[tuple[int, Path]], labels: dict[str, tuple[Path, str]]) -> Video:
    found = [labels.get(file.stem.removesuffix("_leftImg8bit"), (None, _LABELS[0])) for _, file in run]
    kind = next((kind for mask, kind in found if mask), _LABELS[0])
    meanings: dict[str, Meaning] = {
        "labelIds": _by_ids(), "labelTrainIds": IndexLabels(len(CLASSES)), "instanceIds": _by_instances(),
    }  # fmt: skip
    times = tuple(Fraction(number - run[0][0], FRAMES_PER_SECOND) for number, _ in run)
    return Video(
        name, ImageFiles([file for _, file in run]), LabelFiles([mask for mask, _ in found], meanings[kind]), times
    )


def _by_ids() -> IndexLabels:
    """255 is the -1 of license plates."""
    return IndexLabels(len(CLASSES), values=IDS, void=(*sorted(set(range(34)) - set(IDS)), VOID))


def _by_instances() -> InstanceLabels:
    return InstanceLabels(_by_ids(), 1000, plain_below=1000)

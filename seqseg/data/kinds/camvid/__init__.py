"""CamVid (Brostow et al. 2008) in the SegNet layout, with 11 classes, or as it was published, with 31.

    PATH/train/0001TP_006690.png   PATH/trainannot/0001TP_006690.png    index PNGs, 11 is void; val and test likewise
    PATH/701_StillsRaw_full/0001TP_006690.png   PATH/LabeledApproved_full/0001TP_006690_L.png   coloured
    PATH/label_colors.txt                       a line for a class: red green blue name (optional)
    PATH/train.txt, val.txt, test.txt           the frames of each split, a name a line (optional)

As published, the images may also stand in images/ and the masks in labels/ (with or without _L), or split in train/ and
train_labels/ and so on. Without lists the split is SegNet's, which goes by sequence and frame number: 367, 101 and 233.
`camvid:PATH,classes=31` is the default there; 32 makes a class of Void, and 11 groups them as in the SegNet layout
(traffic lights are signs, walls are buildings …; the grouping is that of MathWorks' CamVid example).
"""

import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.listing import files_in
from seqseg.data.kinds.camvid.colours import COLOURS, GROUPS, read_colours
from seqseg.data.labels.meaning import ColourTable, IndexLabels, Meaning
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet, require_videos
from seqseg.errors import DataError

CLASSES: tuple[str, ...] = (
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
FRAMES = {"train": 367, "val": 101, "test": 233}
_STILLS = ("701_StillsRaw_full", "images", "CamVid_RGB")
_COLOURED = ("LabeledApproved_full", "labels", "CamVid_Label")


def open_camvid(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`camvid:PATH,classes=11` -> one video a sequence: the file name up to `_`; the number gives order and time.

    Raises:
        DataError: the folder or the split is not there, or an image has no mask.
    """
    path, options = split_options(where, "camvid", {"classes": one_of("11", "31", "32")})
    root, count = Path(path).expanduser(), options.get("classes")
    if not root.is_dir():
        raise DataError(f"no CamVid at {root}: there is no such folder; give the one that holds train/ and trainannot/")
    published = _published(root, split)
    if published is None and count in ("31", "32"):
        raise DataError(f"camvid:{root} is in the SegNet layout, which has 11 classes; use them, or the coloured masks")
    if published is None:
        names, palette = CLASSES, PALETTE
        meaning: Meaning = IndexLabels(len(CLASSES), void=(VOID_ON_DISK, 255))
        frames = _segnet_frames(root, split)
    else:
        frames = published
        names, palette, meaning = _coloured_classes(root, count or "31")
    videos = require_videos(
        f"camvid:{root}", split, _videos(frames, meaning, split == "all", left_out), "give the folder above train/"
    )
    return VideoSet("camvid", split, videos, names, palette, notes=_counted(videos, split))


def _counted(videos: tuple[Video, ...], split: str) -> tuple[str, ...]:
    there, whole = sum(map(len, videos)), sum(FRAMES.values()) if split == "all" else FRAMES[split]
    return () if there == whole else (f"CamVid's {split} split has {whole} frames, here are {there}",)


def _segnet_frames(root: Path, split: str) -> list[tuple[str, Path, Path]]:
    """(split, image, mask) of every frame."""
    frames = []
    for name in [name for name in SPLITS if (root / name).is_dir()] if split == "all" else [split]:
        images, masks = root / name, root / f"{name}annot"
        for folder in (images, masks):
            if not folder.is_dir():
                there = ", ".join(other for other in SPLITS if (root / other).is_dir()) or "none"
                raise DataError(
                    f"camvid:{root} has no {folder.name}/ for its {name} split; the splits there are: {there}"
                )
        labels = FolderFiles(masks, (".png",))
        frames += [
            (name, image, labels.find(image.stem) or labels.expected(image.stem))
            for image in files_in(images, IMAGE_SUFFIXES)
        ]
    return frames


def _published(root: Path, split: str) -> list[tuple[str, Path, Path]] | None:
    """(split, image, mask) of every frame if masks are coloured as published; otherwise None."""
    wanted = SPLITS if split == "all" else (split,)
    if any((root / f"{name}_labels").is_dir() for name in SPLITS):
        return [
            (name, image, mask)
            for name in wanted
            for image, mask in _pairs(root / name, root / f"{name}_labels")
        ]  # fmt: skip
    images = next((root / name for name in _STILLS if (root / name).is_dir()), None)
    masks = next((root / name for name in _COLOURED if (root / name).is_dir()), None)
    if not images or not masks:
        return None
    lists = {name: _listed(root / f"{name}.txt") for name in SPLITS if (root / f"{name}.txt").is_file()}
    split_of = {stem: name for name, stems in lists.items() for stem in stems}
    frames = []
    for image, mask in _pairs(images, masks):
        name = split_of.get(image.stem, "") if lists else _segnet_split(image)
        if name in wanted:
            frames.append((name, image, mask))
    return frames


def _pairs(images: Path, masks: Path) -> list[tuple[Path, Path]]:
    there = {file.stem: file for file in files_in(masks, (".png",))}
    found = []
    for image in files_in(images, IMAGE_SUFFIXES):
        names = (f"{image.stem}_L", f"{image.stem}_P", image.stem)
        found.append((image, next((there[name] for name in names if name in there), masks / f"{image.stem}_L.png")))
    return found


def _listed(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig", errors="replace").replace("\\", "/").splitlines()
    return [Path(line.split()[0]).stem for line in lines if line.strip()]


def _segnet_split(image: Path) -> str:
    """The split of SegNet's tutorial, from its lists: val is the part of 0016E5 that is labelled at 15 Hz."""
    sequence, number = image.stem.partition("_")[0], _number(image)
    if sequence == "Seq05VD" or (sequence == "0001TP" and number > 8520):
        return "test"
    return "val" if sequence == "0016E5" and number % 2 and 7959 <= number <= 8159 else "train"


def _videos(frames: list[tuple[str, Path, Path]], meaning: Meaning, prefix: bool, left_out: LeftOut) -> list[Video]:
    sequences: dict[str, list[tuple[Path, Path]]] = defaultdict(list)
    there = {
        folder: {file.name for file in files_in(folder, (".png",))} for folder in {mask.parent for *_, mask in frames}
    }
    for split, image, mask in frames:
        if mask.name not in there[mask.parent]:
            left_out.add(DataError(f"{image} has no mask {mask}; copy it there or remove the image"))
            continue
        try:
            _number(image)
        except DataError as error:
            left_out.add(error)
            continue
        sequence = image.stem.partition("_")[0]
        sequences[f"{split}/{sequence}" if prefix else sequence].append((image, mask))
    return [_video(name, pairs, meaning) for name, pairs in sorted(sequences.items())]


def _video(name: str, pairs: list[tuple[Path, Path]], meaning: Meaning) -> Video:
    pairs = sorted(pairs, key=lambda pair: _number(pair[0]))
    first = _number(pairs[0][0])
    times = tuple(Fraction(_number(image) - first, FRAMES_PER_SECOND) for image, _ in pairs)
    return Video(
        name, ImageFiles([image for image, _ in pairs]), LabelFiles([mask for _, mask in pairs], meaning), times
    )


def _number(image: Path) -> int:
    digits = re.findall(r"\d+", image.stem.partition("_")[2])
    if not digits:
        raise DataError(f"{image} has no frame number after the `_`; CamVid names look like 0001TP_006690.png")
    return int(digits[-1])


def _coloured_classes(root: Path, count: str) -> tuple[tuple[str, ...], np.ndarray, Meaning]:
    file = root / "label_colors.txt"
    colours = read_colours(file) if file.is_file() else COLOURS
    if count == "11":
        grouped = {name: number for number, names in enumerate(GROUPS.values()) for name in names}
        return (
            CLASSES,
            PALETTE,
            ColourTable({colours[name]: grouped.get(name) for name in colours}, listed_in=file.name),
        )
    names = tuple(name for name in colours if count == "32" or name != "Void")
    table = {colour: names.index(name) if name in names else None for name, colour in colours.items()}
    return names, np.array([colours[name] for name in names], np.uint8), ColourTable(table, listed_in=file.name)

"""CVAT's "Segmentation mask 1.1": VOC's folders, with the classes' colours in labelmap.txt."""

from pathlib import Path

import numpy as np

from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.listing import Files, names_in
from seqseg.data.files.whole_file import read_whole
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import ColourLabels
from seqseg.data.left_out import LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

IGNORED = ("void", "ignore", "__ignore__")


def open_mask_export(root: Path, split: str, left_out: LeftOut) -> VideoSet:
    """A video a mask, in the splits that ImageSets/Segmentation lists (default.txt is none).

    Raises:
        DataError: labelmap.txt cannot be read, or a folder or an image is missing.
    """
    names, colours, void = _label_map(root / "labelmap.txt")
    meaning = ColourLabels(np.array(colours, "uint8"), void=void)
    masks, images = root / "SegmentationClass", root / "JPEGImages"
    for folder in (masks, images):
        if not folder.is_dir():
            raise DataError(f"cvat:{root} has labelmap.txt but no {folder.name}/; export it from CVAT with images")
    there = {Path(name).stem: name for name in names_in(images, IMAGE_SUFFIXES)}
    videos: dict[str, list[Video]] = {}
    for part, stems in _splits(root, masks).items():
        for stem in stems:
            if stem not in there:
                left_out.add(DataError(f"{masks / stem}.png has no image in {images}; export it with images"))
                continue
            frames = ImageFiles(Files(images, [there[stem]]))
            videos.setdefault(part, []).append(Video(stem, frames, LabelFiles(Files(masks, [f"{stem}.png"]), meaning)))
    classes = ClassList(names, np.array(colours, "uint8"), meaning, "classes and colours are those of labelmap.txt")
    return assemble(f"cvat:{root}", split, videos, classes)


def _label_map(file: Path) -> tuple[tuple[str, ...], list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Names, colours, and the colours that count as void; a line is `label:red,green,blue:parts:actions`."""
    names, colours, void = [], [], []
    for number, line in enumerate(read_whole(file).decode("utf-8-sig", errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        try:
            red, green, blue = (int(part) for part in rest.partition(":")[0].split(","))
            if not all(0 <= part <= 255 for part in (red, green, blue)):
                raise ValueError("colours are 0 to 255")
        except ValueError as error:
            raise DataError(f"{file}, line {number}: {line!r} is not label:red,green,blue::: ({error})") from None
        if name.strip().lower() in IGNORED:
            void.append((red, green, blue))
        else:
            names.append(name.strip())
            colours.append((red, green, blue))
    if len(names) < 2:
        raise DataError(f"{file} names {len(names)} classes; at least background and one more are needed")
    if "background" in names:
        at = names.index("background")
        names.insert(0, names.pop(at))
        colours.insert(0, colours.pop(at))
    return tuple(names), colours, void


def _splits(root: Path, masks: Path) -> dict[str, list[str]]:
    lists = root / "ImageSets" / "Segmentation"
    named = {"train": "train", "val": "val", "test": "test", "default": ""}
    found = {}
    for name, part in named.items():
        file = lists / f"{name}.txt"
        if file.is_file():
            lines = read_whole(file).decode("utf-8-sig", errors="replace").splitlines()
            found[part] = [line.strip() for line in lines if line.strip()]
    return found or {"": [Path(name).stem for name in names_in(masks, (".png",))]}

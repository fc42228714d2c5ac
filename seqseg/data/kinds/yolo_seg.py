"""YOLO's segmentation format (Ultralytics): a text file an image, a polygon a line, in shares of width and height.

    PATH/data.yaml                                 names, and train, val, test: folders of images
    PATH/images/train/…, PATH/labels/train/…       or PATH/train/images/…, PATH/train/labels/… (Roboflow)

`yolo_seg:PATH,classes=car+person` takes these classes alone; the rest is background.

A line is `class x1 y1 x2 y2 x3 y3 …`. An image without a text file is background. Later lines are on top.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.drawn.finding import read_size
from seqseg.data.drawn.sets import DrawnFrame, DrawnVideo, checked_points, class_words, drawn_image, drawn_set
from seqseg.data.drawn.shapes import Shape, as_coco
from seqseg.data.files.decoding import IMAGE_SUFFIXES
from seqseg.data.files.listing import files_in
from seqseg.data.files.whole_file import read_whole
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.spec import split_options
from seqseg.data.video import VideoSet
from seqseg.errors import DataError

YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml")
SPLITS = {"train": ("train",), "val": ("val", "valid", "validation"), "test": ("test",)}


def open_yolo_seg(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`yolo_seg:PATH` or `yolo_seg:PATH/data.yaml` -> a video an image.

    Raises:
        DataError: no data.yaml, one without names or images, or labels that are boxes.
    """
    path, options = split_options(where, "yolo_seg", {"classes": class_words})
    given = Path(path).expanduser()
    file = given if given.is_file() else next((given / name for name in YAML_NAMES if (given / name).is_file()), None)
    if file is None:
        raise DataError(f"yolo_seg:{given} has no data.yaml; give the folder of the export, or the file itself")
    settings = _settings(file)
    names = _names(settings, file)
    folders = {part: found for part, keys in SPLITS.items() if (found := _folders(settings, file, keys))}
    wanted = folders if split == "all" else {part: folders[part] for part in (split,) if part in folders} or folders
    by_split = {
        part: [video for folder in places for video in _videos(folder, names, left_out)]
        for part, places in wanted.items()
    }
    if not by_split:
        raise DataError(f"{file} names no folder of images that is there; its train: and val: are looked for beside it")
    return drawn_set(
        f"yolo_seg:{file.parent}",
        split,
        by_split,
        rasterise=as_coco,
        left_out=left_out,
        folder=file.parent,
        known=names,
        classes=options.get("classes"),
    )


def _settings(file: Path) -> Mapping[str, Any]:
    import yaml

    try:
        settings = yaml.safe_load(read_whole(file).decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"{file} is no YAML ({str(error).splitlines()[0]}); export it again") from None
    if not isinstance(settings, Mapping):
        raise DataError(f"{file} has no settings; it needs names, train and val")
    return settings


def _names(settings: Mapping[str, Any], file: Path) -> tuple[str, ...]:
    names = settings.get("names")
    if isinstance(names, Mapping):
        numbered = {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
        if sorted(numbered) != list(range(len(names))):
            raise DataError(f"{file}: names must be numbered from 0 on without gaps, got {', '.join(map(str, names))}")
        names = [numbered[number] for number in range(len(numbered))]
    if not isinstance(names, list) or not names:
        raise DataError(f"{file} has no names; add `names: [first, second]`")
    return tuple(str(name) for name in names)


def _folders(settings: Mapping[str, Any], file: Path, keys: tuple[str, ...]) -> list[Path]:
    """The folders of images of a split; paths as other machines wrote them are looked for beside the file."""
    listed = [value for key in keys if (value := settings.get(key))]
    named = [str(one) for value in listed for one in (value if isinstance(value, list) else [value])]
    root = Path(str(settings.get("path") or "."))
    tops = [file.parent / root, file.parent] if not root.is_absolute() else [root, file.parent]
    found = []
    for name in named:
        plain = name.replace("\\", "/").removeprefix("../")
        tails = ["/".join(plain.split("/")[-count:]) for count in (3, 2, 1)]
        candidates = [top / one for one in dict.fromkeys([name, plain, *tails]) for top in tops]
        folder = next((one for one in candidates if one.is_dir()), None)
        if folder is not None:
            found.append(folder / "images" if (folder / "images").is_dir() else folder)
    return list(dict.fromkeys(found))


def _videos(folder: Path, names: tuple[str, ...], left_out: LeftOut) -> list[DrawnVideo]:
    videos = []
    for image in files_in(folder, IMAGE_SUFFIXES):
        text = _labels_of(image)
        try:
            size = read_size(image)
            shapes = _shapes(text, size, names, left_out) if text.is_file() else ()
        except DataError as error:
            left_out.add(error)
            continue
        videos.append(drawn_image(image.stem, image, DrawnFrame(size, shapes), str(text)))
    return videos


def _labels_of(image: Path) -> Path:
    """images/…/a.jpg -> labels/…/a.txt, as Ultralytics has it: the last folder called images."""
    parts = list(image.parts)
    for place in reversed(range(len(parts) - 1)):
        if parts[place].lower() == "images":
            parts[place] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _shapes(text: Path, size: tuple[int, int], names: tuple[str, ...], left_out: LeftOut) -> tuple[Shape, ...]:
    shapes = []
    height, width = size
    for number, line in enumerate(read_whole(text).decode("utf-8-sig", errors="replace").splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) == 5:
            raise DataError(f"{text}, line {number} is a box, not a polygon; export the set for segmentation")
        try:
            label = names[_index(words[0], len(names))]
            points = np.array([float(word) for word in words[1:]]).reshape(-1, 2) * (width, height)
            shapes.append(Shape(label, "polygon", checked_points(points)))
        except ValueError as error:
            left_out.add(DataError(f"{text}, line {number} cannot be read ({error}); draw it again"))
    return tuple(shapes)


def _index(word: str, count: int) -> int:
    if not word.isdecimal() or int(word) >= count:
        raise ValueError(f"class {word} is none of 0 to {count - 1}")
    return int(word)

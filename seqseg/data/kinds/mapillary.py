"""Mapillary Vistas (Neuhold et al. 2017), laid out as it is downloaded (its README):

    PATH/config_v2.0.json, config_v1.2.json   PATH/training/images/NAME.jpg   PATH/training/v2.0/labels/NAME.png …
    PATH/config.json (up to v1.2)             PATH/training/images/NAME.jpg   PATH/training/labels/NAME.png …

and validation/ and testing/ likewise. Options: `version=v2.0|v1.2` (the newest there is) and `labels=labels|instances`:
PNGs of palette indices, or of 16 bits, `class * 256 + number`. The classes are those of the config that are evaluated,
by their readable names; the others (unlabeled, and in v2.0 some more) are void.
"""

import json
from pathlib import Path

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import IMAGE_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.listing import files_in
from seqseg.data.labels.class_list import ClassList
from seqseg.data.labels.meaning import IndexLabels, InstanceLabels
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.limits import MOST_CLASSES
from seqseg.data.selection.splitting import assemble
from seqseg.data.spec import one_of, split_options
from seqseg.data.video import Video, VideoSet
from seqseg.data.void import VOID
from seqseg.errors import DataError

_SPLITS = {"train": "training", "val": "validation", "test": "testing"}
_CONFIGS = {"v2.0": ("config_v2.0.json",), "v1.2": ("config_v1.2.json", "config.json")}


def open_mapillary(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`mapillary:PATH,version=v2.0,labels=labels` -> one video an image.

    Raises:
        DataError: no config, an invalid one, no images, or an image without its mask.
    """
    path, options = split_options(
        where, "mapillary", {"version": one_of(*_CONFIGS), "labels": one_of("labels", "instances")}
    )
    root, kind = Path(path).expanduser(), options.get("labels", "labels")
    version, config = _config(root, options.get("version"))
    classes = _classes(config, kind)
    videos = {}
    for part, folder in _SPLITS.items():
        images = files_in(root / folder / "images", IMAGE_SUFFIXES)
        if images:
            masks = FolderFiles(_masks(root / folder, version, kind), (".png",))
            found = [_video(image, masks, classes, part, left_out) for image in images]
            videos[part] = [video for video in found if video]
    if not videos:
        raise DataError(f"mapillary:{root} has no images in training/images/; give the folder that holds training/")
    return assemble(f"mapillary:{root}", split, videos, classes)


def _config(root: Path, wanted: str | None) -> tuple[str, Path]:
    for version, names in _CONFIGS.items():
        for name in names:
            if wanted in (None, version) and (root / name).is_file():
                return version, root / name
    looked = ", ".join(name for version in _CONFIGS for name in _CONFIGS[version] if wanted in (None, version))
    raise DataError(f"no Mapillary Vistas at {root}: none of {looked} is in it; give the folder that holds it")


def _masks(folder: Path, version: str, kind: str) -> Path:
    return folder / version / kind if (folder / version).is_dir() else folder / kind


def _video(image: Path, masks: FolderFiles, classes: ClassList, part: str, left_out: LeftOut) -> Video | None:
    mask = None if part == "test" else masks.find(image.stem)
    if mask is None and part != "test":
        left_out.add(DataError(f"{image} has no mask {masks.expected(image.stem)}; copy it there or remove the image"))
        return None
    return Video(image.stem, ImageFiles([image]), LabelFiles([mask], classes.meaning))


def _classes(config: Path, kind: str) -> ClassList:
    try:
        labels = json.loads(config.read_text(encoding="utf-8-sig"))["labels"]
        names = [str(label["readable"]) for label in labels]
        counted = [bool(label.get("evaluate", True)) for label in labels]
        colours = np.array([label["color"] for label in labels], np.uint8).reshape(-1, 3)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, OverflowError, RecursionError) as error:
        raise DataError(f"invalid config {config}: {error!r}; copy it from the download again") from None
    values = [index for index, there in enumerate(counted) if there]
    if not 2 <= len(values) <= MOST_CLASSES or len(colours) != len(names):
        raise DataError(f"{config} names {len(values)} evaluated classes; copy it from the download again")
    void = sorted({VOID, *range(len(labels))} - set(values))
    meaning = IndexLabels(len(values), values=values, void=void)
    return ClassList(
        tuple(names[value] for value in values), colours[values],
        InstanceLabels(meaning, 256) if kind == "instances" else meaning, f"classes come from {config}",
    )  # fmt: skip

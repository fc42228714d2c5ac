"""Folders of images and masks with matching names, laid out in any of the usual ways.

    PATH/images/…          PATH/masks/…            one video, or a sub-folder a video (to any depth)
    PATH/train/images/…    PATH/train/masks/…      and val/ and test/ likewise, or
    PATH/images/train/…    PATH/masks/train/…
    PATH/classes.txt       optional: names, values and colours (see class_list.py)

Names for `images`: image(s), img(s), frames, input, JPEGImages, leftImg8bit; for `masks`: mask(s), label(s),
annotation(s), gt(s), groundtruth, SegmentationClass, id_masks, gtFine; upper and lower case are one. A mask has its
image's stem, maybe with _mask, _label, _labels or _gt after it, or in place of the image's _img, _image or _rgb.
Images without a mask are frames without a label. Images come in natural order: frame2 before frame10. Without a val/
folder the last fifth of the videos, or of the frames of a single video, is val.

`folders:PATH,foreground=255` reads masks of 0 and 255 as background and object; `foreground=any` takes every label but
0 as object, which is right for masks that number the things they show.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from seqseg.data.class_list import (
    ClassList,
    foreground_class_list,
    infer_class_list,
    read_class_list,
    split_foreground,
    takes_objects_for_void,
)
from seqseg.data.decode import IMAGE_SUFFIXES, LABEL_SUFFIXES, ImageFiles, LabelFiles, natural_key, read_label_values
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.splitting import assemble
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

IMAGE_FOLDERS = ("images", "image", "imgs", "img", "frames", "input", "jpegimages", "leftimg8bit")
MASK_FOLDERS = (
    "masks", "mask", "labels", "label", "annotations", "annotation", "gts", "gt", "groundtruth", "segmentationclass",
    "id_masks", "gtfine",
)  # fmt: skip
IMAGE_ENDINGS = ("", "_img", "_image", "_rgb")
MASK_ENDINGS = ("", "_mask", "_masks", "_label", "_labels", "_gt")
SPLIT_FOLDERS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}


@dataclass(frozen=True)
class _Pairs:
    """One video on disk: its images in order, and for each its mask or None."""

    name: str
    images: tuple[Path, ...]
    masks: tuple[Path | None, ...]


def open_folders(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`folders:PATH` or `folders:PATH,foreground=255` -> one video a folder of images.

    Raises:
        DataError: no such folder, no images, no masks at all, or labels whose meaning cannot be told.
    """
    path, foreground = split_foreground(where, "folders")
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; give the one that holds images/ and masks/")
    by_split = _find_pairs(root)
    classes = _classes(root, by_split, foreground)
    named = {
        name: [Video(one.name, ImageFiles(one.images), LabelFiles(one.masks, classes.meaning)) for one in pairs]
        for name, pairs in by_split.items()
    }
    return assemble(f"folders:{root}", split, named, classes)


def child_folder(folder: Path, names: Iterable[str]) -> Path | None:
    """The sub-folder with the first of these lower-case names, however it is written there."""
    there = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    return next((there[name] for name in names if name in there), None)


def values_of_files(masks: Sequence[Path]) -> frozenset[int]:
    """All values in these label files; they are read again only when one has changed."""
    return _values_of(tuple(masks), max(mask.stat().st_mtime for mask in masks))


@lru_cache(maxsize=64)
def _values_of(masks: tuple[Path, ...], _changed: float) -> frozenset[int]:
    with ThreadPoolExecutor(max_workers=2) as threads:  # decoding lets the others run
        return frozenset().union(*threads.map(_values_in, masks))


def _values_in(mask: Path) -> frozenset[int]:
    values = read_label_values(mask)
    if values.ndim != 2:
        raise DataError(f"the mask {mask} holds colours, not class indices; give each class its colour in classes.txt")
    if values.dtype == np.uint8:
        return frozenset(np.flatnonzero(np.bincount(values.ravel(), minlength=256)).tolist())
    return frozenset(np.unique(values).tolist())


def _classes(root: Path, by_split: dict[str, list[_Pairs]], foreground: str | None) -> ClassList:
    if foreground is not None:
        return foreground_class_list(foreground)
    masks = [mask for pairs in by_split.values() for one in pairs for mask in one.masks if mask]
    named = read_class_list(root)
    if named:
        some = masks[:: max(1, len(masks) // 8)]
        if takes_objects_for_void(named, lambda everything: values_of_files(masks if everything else some)):
            raise DataError(
                f"folders:{root}: its masks hold only 0 and 255, and 255 means void; "
                "if it is a class, give that class its value in classes.txt, as in: object 255"
            )
        return named
    return infer_class_list(values_of_files(masks), f"folders:{root}", masks=len(masks))


def _find_pairs(root: Path) -> dict[str, list[_Pairs]]:
    """Images with their masks, by split; all under "" when there is no train/ folder."""
    found = {}
    for split, names in SPLIT_FOLDERS.items():
        folder = child_folder(root, names)
        if folder and child_folder(folder, IMAGE_FOLDERS):
            found[split] = _pairs(*_image_and_mask_folders(folder), folder)
    if not found:
        images, masks = _image_and_mask_folders(root)
        for split, names in SPLIT_FOLDERS.items():
            if child_folder(images, names) and child_folder(masks, names):
                found[split] = _pairs(child_folder(images, names), child_folder(masks, names), root / split)
        found = found or {"": _pairs(images, masks, root)}
    everything = [one for pairs in found.values() for one in pairs]
    if not everything:
        raise DataError(f"folders:{root} has no images; put .png, .jpg or .tif files into its images/ folder")
    if not any(mask for one in everything for mask in one.masks):
        raise DataError(_no_masks(root, everything))
    return found


def _image_and_mask_folders(folder: Path) -> tuple[Path, Path]:
    images, masks = child_folder(folder, IMAGE_FOLDERS), child_folder(folder, MASK_FOLDERS)
    if not images:
        raise DataError(f"{folder} has no images/ folder (nor {', '.join(IMAGE_FOLDERS[1:4])}…); put the images there")
    if not masks:
        raise DataError(f"{folder} has images in {images.name}/ but no masks; put them into a masks/ folder beside it")
    return images, masks


def _pairs(images: Path, masks: Path, folder: Path) -> list[_Pairs]:
    videos = []
    for directory in sorted({images, *(path for path in images.rglob("*") if path.is_dir())}):
        files = sorted(_files(directory, IMAGE_SUFFIXES), key=natural_key)
        relative = directory.relative_to(images)
        labels = {path.stem: path for path in _files(masks / relative, LABEL_SUFFIXES)}
        matched = tuple(_mask_of(path.stem, labels) for path in files)
        if files:
            name = relative.as_posix() if relative.parts else folder.resolve().name
            videos.append(_Pairs(name, tuple(files), matched))
    return videos


def _mask_of(stem: str, labels: dict[str, Path]) -> Path | None:
    plain = [stem.removesuffix(ending) for ending in IMAGE_ENDINGS if stem.endswith(ending)]
    names = [start + ending for start in plain for ending in MASK_ENDINGS]
    return next((labels[name] for name in names if name in labels), None)


def _no_masks(root: Path, pairs: Iterable[_Pairs]) -> str:
    image = next(iter(pairs)).images[0]
    count = sum(len(one.images) for one in pairs)
    folders = [path for path in root.rglob("*") if path.is_dir() and path.name.lower() in MASK_FOLDERS]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in LABEL_SUFFIXES]
    if files:
        return (
            f"folders:{root} has {count} images and {len(files)} masks, but no mask has the name of an image "
            f"({min(files).name} against {image.name}); give each mask the name of its image"
        )
    return f"folders:{root} has {count} images and no masks at all; put masks such as {image.stem}.png into masks/"


def _files(folder: Path, suffixes: Iterable[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.suffix.lower() in suffixes and path.is_file()]

"""Folders of images and masks with matching names, laid out in any of the usual ways.

    PATH/images/…          PATH/masks/…            one video, or a sub-folder a video (to any depth)
    PATH/train/images/…    PATH/train/masks/…      and val/ and test/ likewise, or
    PATH/images/train/…    PATH/masks/train/…
    PATH/classes.txt       optional: names, values and colours (see class_list.py)

Names for `images`: image(s), img(s), frames, input, JPEGImages, leftImg8bit; for `masks`: mask(s), label(s),
annotation(s), gt(s), groundtruth, SegmentationClass, id_masks, gtFine; case does not matter. A mask has its
image's stem, maybe with _mask, _label, _labels or _gt after it, or in place of the image's _img, _image or _rgb.
Images without a mask are frames without a label. Images come in natural order: frame2 before frame10. Without a val/
folder the last fifth of the videos, or of the frames of a single video, is val.

Masks may be of any format of label_values.py: index and palette images, `.npy`, COCO run lengths in `.json`.
`folders:PATH,foreground=255` reads masks of 0 and 255 as background and object; `foreground=any` takes every label but
0 as object, which is right for masks that number the things they show; `instances=1000` takes `value // 1000` as the
class. Links are followed, and a folder is read once however many lead to it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqseg.data.files.decoding import IMAGE_SUFFIXES, LABEL_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.folder_names import (
    IMAGE_ENDINGS,
    IMAGE_FOLDERS,
    MASK_ENDINGS,
    MASK_FOLDERS,
    SPLIT_FOLDERS,
    child_folder,
)
from seqseg.data.files.listing import Files, files_in, folders_below, names_in, readable_name
from seqseg.data.labels.file_classes import LABEL_OPTIONS, classes_of_files
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.sequences import LazySequence
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError


class _Paths(LazySequence[Path]):
    """Many paths, each made when indexed."""

    def __init__(self, names: Sequence[str]):
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: int) -> Path:
        return Path(self._names[index])


@dataclass(frozen=True)
class _Pairs:
    """One video on disk: its images in order, and for each its mask or None."""

    name: str
    images: Files
    masks: Files


def open_folders(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`folders:PATH` or `folders:PATH,foreground=255` -> one video a folder of images.

    Raises:
        DataError: no such folder, no images, no masks at all, or labels whose meaning is not clear.
    """
    path, options = split_options(where, "folders", LABEL_OPTIONS)
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; give the one that holds images/ and masks/")
    by_split = _find_pairs(root, left_out)
    pairs = [one for pairs in by_split.values() for one in pairs]
    masks = _Paths([os.path.join(one.masks.folder, name) for one in pairs for name in one.masks.names if name])
    classes = classes_of_files(masks, root, f"folders:{root}", options, left_out)
    named = {
        name: [Video(one.name, ImageFiles(one.images), LabelFiles(one.masks, classes.meaning)) for one in pairs]
        for name, pairs in by_split.items()
    }
    return assemble(f"folders:{root}", split, named, classes)


def _find_pairs(root: Path, left_out: LeftOut) -> dict[str, list[_Pairs]]:
    """Images with their masks, by split; all under "" without a train/ folder."""
    found = {}
    for split, names in SPLIT_FOLDERS.items():
        folder = child_folder(root, names)
        if folder and child_folder(folder, IMAGE_FOLDERS):
            found[split] = _pairs(*_image_and_mask_folders(folder), folder, left_out)
    if not found:
        images, masks = _image_and_mask_folders(root)
        for split, names in SPLIT_FOLDERS.items():
            images_of, masks_of = child_folder(images, names), child_folder(masks, names)
            if images_of and masks_of:
                found[split] = _pairs(images_of, masks_of, root / split, left_out)
        found = found or {"": _pairs(images, masks, root, left_out)}
    everything = [one for pairs in found.values() for one in pairs]
    if not everything:
        raise DataError(f"folders:{root} has no images; put .png, .jpg or .tif files into its images/ folder")
    if not any(mask for one in everything for mask in one.masks.names):
        raise DataError(_no_masks(root, everything))
    return found


def _image_and_mask_folders(folder: Path) -> tuple[Path, Path]:
    images, masks = child_folder(folder, IMAGE_FOLDERS), child_folder(folder, MASK_FOLDERS)
    if not images:
        raise DataError(f"{folder} has no images/ folder (nor {', '.join(IMAGE_FOLDERS[1:4])}…); put the images there")
    if not masks:
        raise DataError(f"{folder} has images in {images.name}/ but no masks; put them into a masks/ folder beside it")
    return images, masks


def _pairs(images: Path, masks: Path, folder: Path, left_out: LeftOut) -> list[_Pairs]:
    videos = []
    for directory in folders_below(images):
        relative = directory.relative_to(images)
        files = _by_stem(directory, IMAGE_SUFFIXES, left_out)
        labels = _by_stem(masks / relative, LABEL_SUFFIXES, left_out) if files else {}
        if files:
            name = relative.as_posix() if relative.parts else folder.resolve().name
            matched = Files(masks / relative, [_mask_of(stem, labels) for stem in files])
            videos.append(_Pairs(readable_name(name), Files(directory, files.values()), matched))
    return sorted(videos, key=lambda one: one.name)


def _by_stem(folder: Path, suffixes: Iterable[str], left_out: LeftOut) -> dict[str, str]:
    """The names of the files by stem, in natural order."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}  # by the lower-case stem, as some file systems do not distinguish A.png from a.png
    for name in names_in(folder, suffixes):
        stem = name.rpartition(".")[0]
        same = first.setdefault(stem.lower(), name)
        if same is not name:
            left_out.add(DataError(f"{folder} has {same} and {name}, which name one frame; remove one"))
        else:
            found[stem] = name
    return found


def _mask_of(stem: str, labels: dict[str, str]) -> str | None:
    if stem in labels:
        return labels[stem]
    plain = [stem.removesuffix(ending) for ending in IMAGE_ENDINGS if stem.endswith(ending)]
    names = [start + ending for start in plain for ending in MASK_ENDINGS]
    return next((labels[name] for name in names if name in labels), None)


def _no_masks(root: Path, pairs: Iterable[_Pairs]) -> str:
    first = next(iter(pairs)).images
    image = first.folder / (first.names[0] or "")
    count = sum(len(one.images) for one in pairs)
    folders = [path for path in folders_below(root) if any(part.lower() in MASK_FOLDERS for part in path.parts)]
    files = [file for folder in folders for file in files_in(folder, LABEL_SUFFIXES)]
    if files:
        return (
            f"folders:{root} has {count} images and {len(files)} masks, but no mask has the name of an image "
            f"({min(files).name} against {image.name}); give each mask the name of its image"
        )
    return f"folders:{root} has {count} images and no masks at all; put masks such as {image.stem}.png into masks/"

"""Folders of images and masks with matching names, laid out in any of the usual ways.

    PATH/images/…          PATH/masks/…            one video, or a sub-folder a video (to any depth)
    PATH/train/images/…    PATH/train/masks/…      and val/ and test/ likewise, or
    PATH/images/train/…    PATH/masks/train/…
    PATH/classes.txt       optional: names, values and colours (see `labels/class_list.py`); or CVAT's labelmap.txt

    PATH/cell.png          PATH/cell_mask.png      masks beside their images

Names for `images`: image(s), img(s), frames, input, JPEGImages, leftImg8bit; for `masks`: mask(s), label(s),
annotation(s), gt(s), groundtruth, SegmentationClass, id_masks, gtFine; case does not matter. A mask has its image's
name, or one of those in `files/folder_names.py`; `mask=*_roi` or `mask=scan_*>truth_*` names others. Images without a
mask are frames without a label. Images come in natural order: frame2 before frame10. Without a val/ folder the last
fifth of the videos, or of the frames of a single video, is val.

Masks may be of any format of `labels/values.py`: index and palette images, `.npy`, COCO run lengths in `.json`.
`folders:PATH,foreground=255` reads masks of 0 and 255 as background and object, `foreground=>127` those with soft edges
or JPEG's; `foreground=any` treats every label but 0 as object, for masks of numbered things; `instances=1000` takes
`value // 1000` as the class. Links are followed, and a folder is read once however many lead to it.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqseg.data.files.decoding import IMAGE_SUFFIXES, LABEL_SUFFIXES, LOSSY_SUFFIXES, ImageFiles, LabelFiles
from seqseg.data.files.folder_names import (
    IMAGE_FOLDERS,
    MASK_FOLDERS,
    SPLIT_FOLDERS,
    Rule,
    child_folder,
    match_masks,
    read_pattern,
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
    path, options = split_options(where, "folders", LABEL_OPTIONS | {"mask": read_pattern})
    pattern = options.pop("mask", None)
    root = Path(path).expanduser()
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; give the one that holds images/ and masks/")
    by_split = _find_pairs(root, pattern, left_out)
    pairs = [one for pairs in by_split.values() for one in pairs]
    masks = _Paths([os.path.join(one.masks.folder, name) for one in pairs for name in one.masks.names if name])
    classes = classes_of_files(masks, root, f"folders:{root}", options, left_out)
    named = {
        name: [Video(one.name, ImageFiles(one.images), LabelFiles(one.masks, classes.meaning)) for one in pairs]
        for name, pairs in by_split.items()
    }
    return assemble(f"folders:{root}", split, named, classes)


def _find_pairs(root: Path, pattern: Rule | None, left_out: LeftOut) -> dict[str, list[_Pairs]]:
    """Images with their masks, by split; all under "" without a train/ folder."""
    found = {}
    for split, names in SPLIT_FOLDERS.items():
        folder = child_folder(root, names)
        if folder and (child_folder(folder, IMAGE_FOLDERS) or names_in(folder, IMAGE_SUFFIXES)):
            found[split] = _pairs(*_image_and_mask_folders(folder), folder, pattern, left_out)
    if not found:
        images, masks = _image_and_mask_folders(root)
        for split, names in SPLIT_FOLDERS.items():
            images_of, masks_of = child_folder(images, names), child_folder(masks, names)
            if images_of and masks_of:
                found[split] = _pairs(images_of, masks_of, root / split, pattern, left_out)
        found = found or {"": _pairs(images, masks, root, pattern, left_out)}
    everything = [one for pairs in found.values() for one in pairs]
    if not everything:
        raise DataError(
            f"folders:{root} has no images{_what_is_there(root)}; put .png, .jpg or .tif files into images/"
        )
    if not any(mask for one in everything for mask in one.masks.names):
        raise DataError(_no_masks(root, everything))
    return found


def _image_and_mask_folders(folder: Path) -> tuple[Path, Path]:
    images, masks = child_folder(folder, IMAGE_FOLDERS), child_folder(folder, MASK_FOLDERS)
    if not images and names_in(folder, IMAGE_SUFFIXES):
        return folder, masks or folder
    if not images:
        raise DataError(f"{folder} has no images/ folder (nor {', '.join(IMAGE_FOLDERS[1:4])}…); put the images there")
    if not masks:
        raise DataError(f"{folder} has images in {images.name}/ but no masks; put them into a masks/ folder beside it")
    return images, masks


def _pairs(images: Path, masks: Path, folder: Path, pattern: Rule | None, left_out: LeftOut) -> list[_Pairs]:
    videos = []
    for directory in folders_below(images) if images != folder else [folder]:
        relative = directory.relative_to(images)
        files = _by_stem(directory, IMAGE_SUFFIXES, left_out)
        if files:
            name = relative.as_posix() if relative.parts else folder.resolve().name
            found = _masks_of(files, masks / relative, pattern, directory == masks / relative, left_out)
            kept = [stem for stem in files if files[stem] not in found.values() or directory != masks / relative]
            paths = Files(directory, [files[stem] for stem in kept])
            videos.append(
                _Pairs(readable_name(name), paths, Files(masks / relative, [found.get(stem) for stem in kept]))
            )
    return sorted(videos, key=lambda one: one.name)


def _masks_of(
    images: Collection[str], folder: Path, pattern: Rule | None, beside: bool, left_out: LeftOut
) -> dict[str, str]:
    """The mask of each image by stem; lossy files are masks only where there are no others."""
    for suffixes in (LABEL_SUFFIXES, LOSSY_SUFFIXES):
        labels = _by_stem(folder, suffixes, LeftOut(skip=True) if beside else left_out)
        found, conflicts = match_masks(images, labels, pattern, beside=beside)
        for mask, one, other in conflicts:
            left_out.add(DataError(f"{folder / mask} is the mask of {one} and of {other}; rename one of them"))
        if found:
            break
    return found


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


def _no_masks(root: Path, pairs: Iterable[_Pairs]) -> str:
    first = next(iter(pairs)).images
    image = first.folder / (first.names[0] or "")
    count = sum(len(one.images) for one in pairs)
    folders = [path for path in folders_below(root) if any(part.lower() in MASK_FOLDERS for part in path.parts)]
    files = [file for folder in folders for file in files_in(folder, (*LABEL_SUFFIXES, *LOSSY_SUFFIXES))]
    if files:
        return (
            f"folders:{root} has {count} images and {len(files)} masks, but no mask has the name of an image "
            f"({min(files).name} against {image.name}); give each mask the name of its image, or give mask=*_roi"
        )
    there = _what_is_there(*folders)
    return (
        f"folders:{root} has {count} images and no masks at all{there}; put masks such as {image.stem}.png into masks/"
    )


def _what_is_there(*folders: Path) -> str:
    """The suffixes of the files in these folders, for messages."""
    names = [name for folder in folders for below in folders_below(folder) for name in names_in(below, ("",))]
    suffixes = Counter(os.path.splitext(name)[1].lower() or "no suffix" for name in names)
    shown = ", ".join(f"{count} with {suffix}" for suffix, count in suffixes.most_common(4))
    return f" ({len(names)} files: {shown})" if names else ""

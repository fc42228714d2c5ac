"""Masks beside the movie or TIFF they belong to: those of take.mp4 in take_mask.mkv, take_mask/, masks/take.json ….

Besides _mask, names may end in the other endings of `files/folder_names.py`; inside masks/ (or labels/, annotations/ …)
no ending is needed. Masks are a movie, a folder of label files, a stack in a TIFF or `.npy`, or json
(`objects/video_json.py`), which may also be one annotations.json or instances.json for all.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqseg.data.files.by_stem import FolderFiles
from seqseg.data.files.decoding import LABEL_SUFFIXES, LabelFiles
from seqseg.data.files.folder_names import MASK_ENDINGS, MASK_FOLDERS, SPLIT_FOLDERS, child_folder
from seqseg.data.files.label_movie import MOVIE_SUFFIXES, open_movie, values_of_movie
from seqseg.data.files.label_stack import STACK_SUFFIXES, LabelStack, open_stack
from seqseg.data.files.listing import files_in
from seqseg.data.labels.class_list import ClassList, foreground_class_list, infer_class_list, read_class_list
from seqseg.data.labels.file_classes import values_of_files
from seqseg.data.labels.meaning import InstanceLabels, Meaning
from seqseg.data.left_out import LeftOut
from seqseg.data.objects.video_json import VideoObjects, classes_of_json, painted, read_video_json
from seqseg.data.sequences import MaskSequence
from seqseg.errors import DataError
from streams.errors import SourceError

_JSON = (".json",)
_JSON_OF_ALL = ("annotations.json", "instances.json")


@dataclass(frozen=True)
class MaskReader:
    """The classes of a set; `open(path, name, frames)` gives the masks of one item."""

    classes: ClassList
    open: Callable[[Path, str, int], MaskSequence]


def find_with_masks(root: Path, suffixes: Sequence[str], kind: str) -> dict[str, list[tuple[Path, Path | None]]]:
    """Files of these suffixes, each with its masks or None, by split; all under "" without split folders.

    Raises:
        DataError: no such files, or no masks at all.
    """
    if root.is_file():
        found = {"": [(root, _beside(root, {}))]}
    elif root.is_dir():
        folders = {split: child_folder(root, names) for split, names in SPLIT_FOLDERS.items()}
        found = {split: _pairs_in(folder, suffixes) for split, folder in folders.items() if folder}
        found = found or {"": _pairs_in(root, suffixes)}
    else:
        raise DataError(f"there is no {root}; give a file ({', '.join(suffixes[:3])}, …) or a folder of such")
    pairs = [pair for pairs in found.values() for pair in pairs]
    what = "movies" if kind == "movies" else "TIFFs"
    if not pairs:
        raise DataError(f"{kind}:{root} has no {what} ({', '.join(suffixes[:5])}, …); put some there")
    if not any(mask for _, mask in pairs):
        item = pairs[0][0]
        own = f"{item.stem}_mask.mkv" if kind == "movies" else f"{item.stem}_mask{item.suffix}"
        raise DataError(f"{kind}:{root} has no masks; put {own} or {item.stem}_mask/ beside {item.name}")
    return found


def read_masks(
    pairs: Iterable[tuple[Path, Path | None]], root: Path, where: str, options: Mapping[str, Any], left_out: LeftOut
) -> MaskReader:
    """A reader for the masks of the items; `options` are foreground and instances, as for folders.

    Raises:
        DataError: masks whose meaning is not clear.
    """
    masks = list(dict.fromkeys(mask for _, mask in pairs if mask))
    jsons = [mask for mask in masks if mask.suffix.lower() in _JSON]
    if jsons:
        if len(jsons) < len(masks) or options:
            raise DataError(f"{where}: masks in json name their classes; leave options and other masks out")
        return _json_reader(_read_jsons(jsons, left_out))
    classes = _classes(masks, root, where, options, left_out)
    return MaskReader(classes, lambda mask, name, frames: _open(mask, name, frames, classes.meaning))


def masks_by_frame(folder: Path, frames: int) -> list[Path | None]:
    """The masks of a folder by the frame number in their names, None where missing; as many as frames go in order.

    Raises:
        DataError: a mask that belongs to no frame.
    """
    files = files_in(folder, LABEL_SUFFIXES)
    if len(files) == frames:
        return list(files)
    by_number: dict[int, Path] = {}
    for file in files:
        digits = re.findall(r"\d+", file.stem)
        if not digits or int(digits[-1]) >= frames:
            raise DataError(f"the mask {file} belongs to none of the frames 0–{frames - 1}; name masks by frame number")
        by_number[int(digits[-1])] = file
    return [by_number.get(index) for index in range(frames)]


def _pairs_in(folder: Path, suffixes: Sequence[str]) -> list[tuple[Path, Path | None]]:
    listed: dict[Path, FolderFiles] = {}
    masks = {item: _beside(item, listed) for item in files_in(folder, suffixes)}
    taken = set(masks.values())
    return [(item, mask) for item, mask in masks.items() if item not in taken]


def _beside(item: Path, listed: dict[Path, FolderFiles]) -> Path | None:
    """name_mask.* or the folder name_mask beside the item, else name.* or the folder name in masks/, else json."""
    mask_folder = child_folder(item.parent, MASK_FOLDERS)
    places = [item.parent / (item.stem + ending) for ending in MASK_ENDINGS if ending]
    places += [mask_folder / (item.stem + ending) for ending in MASK_ENDINGS if mask_folder]
    for place in places:
        if place.is_dir():
            return place
        if place.parent not in listed:
            listed[place.parent] = FolderFiles(place.parent, (*MOVIE_SUFFIXES, *STACK_SUFFIXES, *_JSON))
        file = listed[place.parent].find(place.name)
        if file is not None and file.is_file():
            return file
    jsons = [item.with_suffix(".json"), *(item.parent / name for name in _JSON_OF_ALL)]
    jsons += [mask_folder / name for name in _JSON_OF_ALL if mask_folder]
    return next((file for file in jsons if file.is_file()), None)


def _open(mask: Path, name: str, frames: int, meaning: Meaning) -> MaskSequence:
    if mask.is_dir():
        return LabelFiles(masks_by_frame(mask, frames), meaning)
    if mask.suffix.lower() in STACK_SUFFIXES:
        masks = LabelStack(mask, open_stack(mask), meaning)
    else:
        masks = LabelStack(mask, open_movie(mask, "gray"), meaning, unit="frame")
    if len(masks) != frames:
        raise DataError(f"{mask} has {len(masks)} pictures, {name} has {frames}; give one mask a frame")
    return masks


def _read_jsons(files: Sequence[Path], left_out: LeftOut) -> dict[Path, list[VideoObjects]]:
    held: dict[Path, list[VideoObjects]] = {}
    faults: list[DataError] = []
    for file in files:
        try:
            held[file] = read_video_json(file, left_out)
        except DataError as error:
            left_out.add(error)
            faults.append(error)
    if not held:
        raise faults[0]
    return held


def _classes(masks: Sequence[Path], root: Path, where: str, options: Mapping[str, Any], left_out: LeftOut) -> ClassList:
    divisor = options.get("instances")
    if options.get("foreground") is not None:
        return foreground_class_list(options["foreground"])
    classes = read_class_list(root if root.is_dir() else root.parent)
    if not classes:
        values = {value // (divisor or 1) for mask in masks for value in _values(mask, left_out)}
        classes = infer_class_list(values, where, masks=len(masks))
    return replace(classes, meaning=InstanceLabels(classes.meaning, divisor)) if divisor else classes


def _values(mask: Path, left_out: LeftOut) -> Iterable[int]:
    """The values in one item's masks; none if they cannot be read and may be left out."""
    try:
        if mask.is_dir():
            files = files_in(mask, LABEL_SUFFIXES)
            return values_of_files(files, left_out) if files else ()
        if mask.suffix.lower() in STACK_SUFFIXES:
            return {int(value) for page in open_stack(mask) for value in np.unique(page)}
        return values_of_movie(mask)
    except (DataError, SourceError) as error:
        left_out.add(error)
        return ()


def _json_reader(held: Mapping[Path, Sequence[VideoObjects]]) -> MaskReader:
    classes, class_of_name = classes_of_json([video for videos in held.values() for video in videos])

    def open_json(mask: Path, name: str, frames: int) -> MaskSequence:
        stem = Path(name).stem
        if mask not in held:
            raise DataError(f"the masks {mask} of {name} cannot be read; correct them or remove {name}")
        videos = held[mask]
        own = next((video for video in videos if stem in (video.name, Path(video.name).stem)), None)
        if own is None and len(videos) == 1 and mask.name not in _JSON_OF_ALL:
            own = videos[0]
        if own is None:
            there = ", ".join(video.name for video in videos[:4])
            raise DataError(f"{mask} has no video called {stem}, but {there}; name it so, or put {stem}.json beside it")
        return painted(own, class_of_name, frames)

    return MaskReader(classes, open_json)

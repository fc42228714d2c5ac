"""Where COCO's json and images are: its own layout and those of other tools."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seqseg.data.files.listing import files_in
from seqseg.data.objects.annotations import CocoIndex
from seqseg.errors import DataError

_SPLITS = {"train": ("train", "training"), "val": ("val", "valid", "validation"), "test": ("test", "testing")}
_NO_MASKS = ("captions", "person_keypoints", "keypoints", "panoptic", "image_info", "refs")
_LAYOUT = "annotations/instances_train2017.json and train2017/, and val2017 likewise"


@dataclass(frozen=True)
class CocoFiles:
    """The json of a split and the folders in which its images may be; `whole` if the json is not of one split."""

    json: Path
    folders: tuple[Path, ...]
    whole: bool = False


def find_coco(path: Path, split: str, *, images: Path | None = None, prefer: str = "instances") -> list[CocoFiles]:
    """The json of `split` in a folder, or a bare json; several for "all".

    Raises:
        DataError: nothing there, or nothing of that split.
    """
    if path.suffix.lower() == ".json" and not path.is_dir():
        return _bare(path, split, images)
    if not path.is_dir():
        raise DataError(f"there is no folder {path}; give COCO's, which holds {_LAYOUT}")
    there = _jsons(path)
    wanted = _SPLITS if split == "all" else (split,)
    found = [file for one in wanted if (file := _of_split(there, one, prefer))]
    if found:
        return [CocoFiles(file, _image_folders(path, file, images)) for file in found]
    unsplit = [file for file in there if _split_of(file) is None and not _has_no_masks(file)]
    if len(unsplit) == 1 and split != "test":
        return [CocoFiles(unsplit[0], _image_folders(path, unsplit[0], images), whole=True)]
    listed = ", ".join(sorted(file.name for file in there)) or "none"
    raise DataError(f"coco:{path} has no json of instances for {split}; the json files there are: {listed}")


class ImageFolders:
    """Finds images by their names in several folders, each listed once."""

    def __init__(self, index: CocoIndex, folders: Iterable[Path]):
        self._folders = tuple(folder for folder in folders if folder.is_dir())
        self._listed: dict[Path, frozenset[str]] = {}
        self._first = self._folders[0] if self._folders else index.file.parent

    def find(self, file_name: str) -> Path | None:
        """The image's path, or None if no folder has it."""
        names = dict.fromkeys((file_name, file_name.replace("\\", "/")))  # the second as written on Windows
        places = (folder / name for name in names for folder in self._folders)
        return next((place for place in places if self._has(place)), None)

    def expected(self, file_name: str) -> Path:
        """Where the image should be."""
        return self._first / file_name

    def _has(self, path: Path) -> bool:
        parent = path.parent
        if parent not in self._listed:
            self._listed[parent] = frozenset(os.listdir(parent)) if parent.is_dir() else frozenset()
        return path.name in self._listed[parent]


def _bare(path: Path, split: str, images: Path | None) -> list[CocoFiles]:
    if not path.is_file():
        raise DataError(f"there is no file {path}; give COCO's json of instances, or the folder that holds {_LAYOUT}")
    own = _split_of(path)
    if own is not None and split not in (own, "all"):
        raise DataError(
            f"{path} is of {own}, as its name says, and not of {split}; give that json, or the folder of both"
        )
    root = path.parent.parent if path.parent.name.lower() == "annotations" else path.parent
    return [CocoFiles(path, _image_folders(root, path, images), whole=own is None)]


def _jsons(root: Path) -> list[Path]:
    places = [root, root / "annotations", *(root / name for names in _SPLITS.values() for name in names)]
    return [file for place in places if place.is_dir() for file in files_in(place, (".json",))]


def _of_split(there: list[Path], split: str, prefer: str) -> Path | None:
    """The json of the split that most probably holds masks: `prefer` in its name, or no name of another kind."""
    mine = [file for file in there if _split_of(file) == split]
    mine = [file for file in mine if not _has_no_masks(file) or (split == "test" and "image_info" in file.name)]
    named = [file for file in mine if file.name.startswith(prefer)]
    plain = [file for file in mine if not file.name.startswith(("instances", "stuff"))]
    return next(iter([*named, *plain, *(file for file in mine if file.name.startswith("instances"))]), None)


def _split_of(file: Path) -> str | None:
    """train, val or test, from a word of the file's name or its folder."""
    words = re.findall(r"[a-z]+", file.stem.lower())
    for split, names in _SPLITS.items():
        if set(names) & set(words) or file.parent.name.lower() in names:
            return split
    return None


def _has_no_masks(file: Path) -> bool:
    return file.name.startswith(_NO_MASKS)


def _image_folders(root: Path, file: Path, images: Path | None) -> tuple[Path, ...]:
    if images is not None:
        return (images,)
    name = file.stem.rpartition("_")[2]  # train2017 of instances_train2017
    split = _split_of(file)
    names = [name, *_SPLITS.get(split or "", ())]
    below = [root / "images", root, root / "JPEGImages", root / "data"]
    return tuple(dict.fromkeys([*(top / one for top in below for one in names), *below, file.parent]))

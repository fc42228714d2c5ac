"""Find the images that annotation files name."""

from collections.abc import Iterable
from pathlib import Path

from seqseg.data.files.decoding import IMAGE_SUFFIXES, read_image
from seqseg.data.files.folder_names import SPLIT_FOLDERS, child_folder
from seqseg.data.files.image_header import image_size
from seqseg.data.files.listing import names_in
from seqseg.errors import DataError

HEADER_BYTES = 1 << 16


def splits_below(root: Path, kind: str) -> dict[str, Path]:
    """The folders train/, val/ and test/ of `root` by split; the folder itself under "" without them.

    Raises:
        DataError: there is no such folder.
    """
    if not root.is_dir():
        raise DataError(f"there is no folder {root}; give the one that {kind} exported to")
    found = {split: folder for split, names in SPLIT_FOLDERS.items() if (folder := child_folder(root, names))}
    return found if "train" in found else {"": root}


def find_image(folder: Path, names: Iterable[str]) -> Path | None:
    """The first of the names that is an image below `folder`; a name may lack its suffix, and may not climb out."""
    for name in names:
        if not name or "\0" in name or Path(name).is_absolute() or ".." in Path(name).parts:
            continue
        try:
            found = _image_called(folder / name)
        except OSError:  # longer than a file can be called
            continue
        if found is not None:
            return found
    return None


def _image_called(path: Path) -> Path | None:
    if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES:
        return path
    if path.parent.is_dir():
        for candidate in names_in(path.parent, IMAGE_SUFFIXES):
            if Path(candidate).stem == path.name:
                return path.parent / candidate
    return None


def read_size(image: Path) -> tuple[int, int]:
    """(height, width) of an image, from its header where that says it."""
    with image.open("rb") as file:
        size = image_size(file.read(HEADER_BYTES))
    if size is not None:
        return size
    height, width = read_image(image).shape[:2]
    return height, width

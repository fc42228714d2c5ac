"""TIFFs of many pages, each a video, with their masks beside them.

    PATH/name.tif          with PATH/name_mask.tif, name_mask.npy (frames, h, w) or PATH/name_mask/000000.png …, or
    PATH/name.tif          with PATH/masks/name.tif, name.npy or PATH/masks/name/000000.png …
    PATH/train/…           and val/ and test/ likewise
    PATH/classes.txt       optional: names and values (see class_list.py)

PATH may be one TIFF. Besides _mask, names may end in _masks, _label, _labels or _gt. A folder's masks belong to the
pages they number, from 0 on, and pages without a mask have no label; as many masks as pages are taken in natural order.
Gray pages deeper than 8 bits are stretched alike, by the range of up to 16 of them. `tiff:PATH,foreground=…` as for
folders.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from seqseg.data.class_list import ClassList, foreground_class_list, infer_class_list, read_class_list, split_foreground
from seqseg.data.decode import LABEL_SUFFIXES, LabelFiles, stretch, value_range
from seqseg.data.file_classes import values_of_files
from seqseg.data.folders import MASK_ENDINGS, MASK_FOLDERS, SPLIT_FOLDERS, child_folder
from seqseg.data.label_stack import STACK_SUFFIXES, LabelStack, open_stack
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.listing import files_in, readable_name
from seqseg.data.movies import masks_by_frame
from seqseg.data.splitting import assemble
from seqseg.data.tiff_pages import TiffPages
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError

_TIFF = (".tif", ".tiff")
_SAMPLED = 16  # pages looked at for the range of deep ones, and masks for their values


class TiffFrames(Sequence):
    """The pages of a TIFF as a lazy sequence of RGB frames (h, w, 3)."""

    def __init__(self, path: Path):
        self.path = path
        self._pages = TiffPages(path)

    def __len__(self):
        return len(self._pages)

    def __getitem__(self, index):
        page = self._pages[index]
        if page.dtype == bool:
            page = page.astype(np.uint8) * np.uint8(255)
        if page.ndim == 3:
            return page[..., :3] if page.dtype == np.uint8 else (page[..., :3] >> 8).astype(np.uint8)
        if page.dtype != np.uint8:
            return stretch(page, self._deep_range)
        return np.repeat(page[..., None], 3, axis=2)

    def describe(self, index: int) -> str:
        """The file and the page of frame `index`."""
        return f"{self.path} (page {index})"

    @cached_property
    def _deep_range(self) -> tuple[float, float]:
        chosen = np.linspace(0, len(self) - 1, min(_SAMPLED, len(self))).astype(int)
        return value_range([self._pages[int(index)] for index in chosen])


def open_tiff(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`tiff:PATH` -> one video a TIFF.

    Raises:
        DataError: no such path, no TIFFs, no masks at all, or masks that do not fit.
    """
    path, foreground = split_foreground(where, "tiff")
    root = Path(path).expanduser()
    by_split = _find(root)
    classes = _classes(root, [mask for found in by_split.values() for _, mask in found if mask], foreground)
    videos: dict[str, list[Video]] = {}
    for part, found in by_split.items():
        videos[part] = []
        for frames, mask in found:
            try:
                videos[part].append(_video(frames, mask, classes))
            except DataError as error:
                left_out.add(error)
    return assemble(f"tiff:{root}", split, videos, classes)


def _find(root: Path) -> dict[str, list[tuple[Path, Path | None]]]:
    """TIFFs, each with its stack or folder of masks or None, by split; all under "" when nobody has split them."""
    if root.is_file():
        found = {"": [(root, _mask_beside(root))]}
    elif root.is_dir():
        folders = {split: child_folder(root, names) for split, names in SPLIT_FOLDERS.items()}
        found = {split: list(_stacks_in(folder)) for split, folder in folders.items() if folder}
        found = found or {"": list(_stacks_in(root))}
    else:
        raise DataError(f"there is no {root}; give a TIFF, or a folder of TIFFs")
    stacks = [pair for pairs in found.values() for pair in pairs]
    if not stacks:
        raise DataError(f"tiff:{root} has no TIFFs (.tif, .tiff); put some there")
    if not any(mask for _, mask in stacks):
        stem = stacks[0][0].stem
        raise DataError(f"tiff:{root} has no masks; put {stem}_mask.tif, {stem}_mask.npy or {stem}_mask/ beside it")
    return found


def _stacks_in(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    masks = {stack: _mask_beside(stack) for stack in files_in(folder, _TIFF)}
    taken = set(masks.values())
    return ((stack, mask) for stack, mask in masks.items() if stack not in taken)


def _mask_beside(stack: Path) -> Path | None:
    """name_mask.* or the folder name_mask beside the stack, else name.* or the folder name in masks/."""
    mask_folder = child_folder(stack.parent, MASK_FOLDERS)
    places = [stack.parent / (stack.stem + ending) for ending in MASK_ENDINGS if ending]
    places += [mask_folder / (stack.stem + ending) for ending in MASK_ENDINGS if mask_folder]
    for place in places:
        if place.is_dir():
            return place
        for suffix in STACK_SUFFIXES:
            if (file := place.with_name(place.name + suffix)).is_file():
                return file
    return None


def _video(stack: Path, mask: Path | None, classes: ClassList) -> Video:
    frames = TiffFrames(stack)
    if mask is None:
        masks = None
    elif mask.is_dir():
        masks = LabelFiles(masks_by_frame(mask, len(frames)), classes.meaning)
    else:
        masks = LabelStack(mask, classes.meaning)
        if len(masks) != len(frames):
            raise DataError(
                f"{mask} has {len(masks)} masks, {stack.name} has {len(frames)} pages; give one mask a page"
            )
    return Video(readable_name(stack.stem), frames, masks)


def _classes(root: Path, masks: list[Path], foreground: str | None) -> ClassList:
    if foreground is not None:
        return foreground_class_list(foreground)
    named = read_class_list(root if root.is_dir() else root.parent)
    if named:
        return named
    values: set[int] = set()
    for mask in masks:
        if mask.is_dir():
            files = files_in(mask, LABEL_SUFFIXES)
            values |= values_of_files(files) if files else set()
        else:
            values |= {int(value) for page in open_stack(mask) for value in np.unique(page)}
    return infer_class_list(values, f"tiff:{root}", masks=len(masks))

"""TIFFs of many pages, each a video, with their masks beside them.

    PATH/name.tif          with PATH/name_mask.tif, name_mask.npy (frames, h, w) or PATH/name_mask/000000.png …, or
    PATH/name.tif          with PATH/masks/name.tif, name.npy or PATH/masks/name/000000.png …
    PATH/train/…           and val/ and test/ likewise
    PATH/classes.txt       optional: names and values (see `labels/class_list.py`)

PATH may be one TIFF; `labels/masks_beside.py` lists the places of masks. In a folder the number in a mask's name is its
page, from 0 on, and pages without a mask have no label; as many masks as pages are used in natural order. Pages
deeper than 8 bits are all stretched from the range of up to 16 of them.
`tiff:PATH,foreground=…` and `instances=…` as for folders.
"""

from functools import cached_property
from pathlib import Path

import numpy as np

from seqseg.data.files.listing import readable_name
from seqseg.data.files.tiff_pages import TiffPages
from seqseg.data.labels.file_classes import LABEL_OPTIONS
from seqseg.data.labels.masks_beside import find_with_masks, read_masks
from seqseg.data.left_out import STRICT, LeftOut
from seqseg.data.selection.splitting import assemble
from seqseg.data.sequences import FrameSequence
from seqseg.data.spec import split_options
from seqseg.data.video import Video, VideoSet
from seqseg.errors import DataError
from streams.sources.reading.deep import stretch, value_range

_TIFF = (".tif", ".tiff")
_SAMPLED = 16  # pages read to find the range of deep ones


class TiffFrames(FrameSequence):
    """The pages of a TIFF as a lazy sequence of RGB frames (h, w, 3)."""

    path: Path

    def __init__(self, path: Path):
        self.path = path
        self._pages = TiffPages(path)

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, index: int) -> np.ndarray:
        page = self._pages[index]
        if page.dtype == bool:
            page = page.astype(np.uint8) * np.uint8(255)
        page = _colours(page)
        if page.dtype != np.uint8:
            return stretch(page, self._deep_range)
        return page if page.ndim == 3 else np.repeat(page[..., None], 3, axis=2)

    def describe(self, index: int) -> str:
        """The file and the page of frame `index`."""
        return f"{self.path} (page {index})"

    @cached_property
    def _deep_range(self) -> tuple[float, float]:
        chosen = np.linspace(0, len(self) - 1, min(_SAMPLED, len(self))).astype(int)
        return value_range([_colours(self._pages[int(index)]) for index in chosen])


def _colours(page: np.ndarray) -> np.ndarray:
    """A page without alpha."""
    return page[..., :3] if page.ndim == 3 else page


def open_tiff(where: str, *, split: str = "train", left_out: LeftOut = STRICT) -> VideoSet:
    """`tiff:PATH` -> one video a TIFF.

    Raises:
        DataError: no such path, no TIFFs, no masks at all, or masks that do not fit.
    """
    path, options = split_options(where, "tiff", LABEL_OPTIONS)
    root = Path(path).expanduser()
    by_split = find_with_masks(root, _TIFF, "tiff")
    every = [pair for pairs in by_split.values() for pair in pairs]
    masks = read_masks(every, root, f"tiff:{root}", options, left_out)
    videos: dict[str, list[Video]] = {}
    for part, pairs in by_split.items():
        videos[part] = []
        for stack, mask in pairs:
            try:
                frames = TiffFrames(stack)
                labels = masks.open(mask, stack.name, len(frames)) if mask else None
                videos[part].append(Video(readable_name(stack.stem), frames, labels))
            except DataError as error:
                left_out.add(error)
    return assemble(f"tiff:{root}", split, videos, masks.classes)

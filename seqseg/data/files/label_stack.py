"""Labels of all frames in one file: a multi-page TIFF, a `.npy` of (frames, h, w), or a movie."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqseg.data.files.npy import open_npy
from seqseg.data.files.tiff_pages import TiffPages
from seqseg.data.labels.meaning import LabelError, Meaning
from seqseg.data.labels.values import whole_numbers
from seqseg.data.sequences import LazySequence, WrittenMasks
from seqseg.errors import DataError
from streams.sources import MovieFrames

STACK_SUFFIXES = (".tif", ".tiff", ".npy")


Stored = LazySequence[np.ndarray] | Sequence[np.ndarray] | np.ndarray | MovieFrames
"""Masks as they are stored, (h, w) each or (h, w, 3) with equal channels."""


def open_stack(path: str | Path) -> TiffPages | np.ndarray:
    """The masks as they are stored, (h, w) each, read or memory-mapped when indexed.

    Raises:
        DataError: the file is damaged, or holds no stack of whole numbers.
    """
    path = Path(path)
    if path.suffix.lower() != ".npy":
        return TiffPages(path)
    stack = open_npy(path, "the masks", "save them again with numpy.save")
    if stack.ndim != 3 or not stack.size:
        raise DataError(
            f"the masks {path} have the shape {stack.shape}, masks are (frames, height, width); save them so"
        )
    return whole_numbers(stack, path)


class LabelStack(WrittenMasks):
    """The masks of one file, `stored` as values, as a lazy sequence of uint8 (h, w); `meaning` as in `LabelFiles`.

    Messages number a mask after the word `unit`.
    """

    path: Path

    def __init__(self, path: Path, stored: Stored, meaning: Meaning, *, unit: str = "page"):
        self.path, self.meaning, self.unit = path, meaning, unit
        self._stack = stored

    def __len__(self) -> int:
        return len(self._stack)

    def __getitem__(self, index: int) -> np.ndarray:
        try:
            return self.meaning(self.written(index))
        except LabelError as error:
            raise DataError(f"the mask {self.describe(index)} {error}") from None

    def written(self, index: int) -> np.ndarray:
        """The values of mask `index` as they were written."""
        values = np.asarray(self._stack[index])
        if values.ndim == 3 and (values[..., :1] == values).all():
            values = np.ascontiguousarray(values[..., 0])
        return values

    @property
    def present(self) -> tuple[bool, ...]:
        """Every frame has a mask."""
        return (True,) * len(self)

    def describe(self, index: int) -> str:
        """The file and the number of mask `index`, from 0 on."""
        return f"{self.path} ({self.unit} {index})"

"""Labels in one file, a mask for every frame: a multi-page TIFF, a `.npy` of (frames, h, w), or a movie."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from seqseg.data.files.npy import open_npy
from seqseg.data.files.tiff_pages import TiffPages
from seqseg.data.labels.meaning import LabelError
from seqseg.data.labels.values import whole_numbers
from seqseg.errors import DataError

STACK_SUFFIXES = (".tif", ".tiff", ".npy")


def open_stack(path: str | Path) -> Sequence:
    """The masks as they are stored, (h, w) each, read or memory-mapped when asked for.

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


class LabelStack(Sequence):
    """Masks of one file, as they are `stored`, as a lazy sequence of masks uint8 (h, w); `meaning` as in `LabelFiles`.

    Messages call a mask by its number, after the word `unit`.
    """

    def __init__(
        self, path: Path, stored: Sequence, meaning: Callable[[np.ndarray], np.ndarray], *, unit: str = "page"
    ):
        self.path, self.meaning, self.unit = path, meaning, unit
        self._stack = stored

    def __len__(self):
        return len(self._stack)

    def __getitem__(self, index):
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

"""What label values on disk mean: class indices with 255 for void, or an error."""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from seqseg.data.void import VOID

Meaning = Callable[[np.ndarray], np.ndarray]
"""Values as written, (h, w) or colours (h, w, 3) -> class indices uint8 (h, w) with 255 for void."""


class LabelError(ValueError):
    """Labels that mean no class; the message ends a sentence that begins with the file."""


_NOTHING = 254  # marks values without a meaning; there are at most 254 classes


class IndexLabels:
    """The meaning of values: `values[i]` is class i, those in `void` become 255, any other is an error.

    Without `values` they are the indices 0…classes-1. Values go up to 65,535. With `numbers`, `values[i]` is class
    `numbers[i]`, so that several values may mean one class.

    Example:
        >>> IndexLabels(2, values=(0, 700), void=(9,))(np.uint16([[700, 0, 9]])).tolist()
        [[1, 0, 255]]
    """

    def __init__(
        self, classes: int, *, void: Sequence[int] = (255,), values: Sequence[int] | None = None,
        numbers: Sequence[int] | None = None,
    ):  # fmt: skip
        self.values = tuple(range(classes)) if values is None else tuple(values)
        self.void = tuple(void)
        self.classes = classes
        table = np.full(max(256, 1 + max((*self.void, *self.values))), _NOTHING, np.uint8)
        table[list(self.void)] = VOID
        table[list(self.values)] = np.arange(classes) if numbers is None else numbers
        self.table = table

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim != 2:
            raise LabelError("holds colours, not class indices; give each class its colour in classes.txt (name r g b)")
        if values.dtype == np.uint8:
            labels = cv2.LUT(values, self.table[:256])
        else:
            labels = self.table[_inside(values, self)]
        if (labels == _NOTHING).any():
            raise LabelError(_outside(np.unique(values[labels == _NOTHING]), self))
        return labels


class ThresholdLabels:
    """Two classes: values above `threshold` are class 1, for masks of 0 and 255 with soft edges or JPEG's.

    Example:
        >>> ThresholdLabels(127)(np.uint8([[0, 90, 200, 255]])).tolist()
        [[0, 0, 1, 1]]
    """

    def __init__(self, threshold: int):
        self.threshold = threshold

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if not np.isfinite(values).all():
            raise LabelError("holds NaN or inf; save numbers")
        gray = values if values.ndim == 2 else values.mean(axis=2)
        return np.asarray(gray > self.threshold, np.uint8)


class InstanceLabels:
    """The meaning of instance numbers: that of `value // divisor`.

    Values below `plain_below` are classes as they are: in Cityscapes 26 is a group of cars and 26001 one car.

    Example:
        >>> InstanceLabels(IndexLabels(3), 1000, plain_below=1000)(np.uint16([[2, 1000, 2017]])).tolist()
        [[2, 1, 2]]
    """

    def __init__(self, meaning: Meaning, divisor: int, *, plain_below: int = 0):
        self.meaning, self.divisor, self.plain_below = meaning, divisor, plain_below

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 2 and np.issubdtype(values.dtype, np.integer):
            wide = values.astype(np.int64)
            values = np.where(wide < self.plain_below, wide, wide // self.divisor)
        return self.meaning(values)


class ColourTable:
    """The meaning of colours: class numbers, or None for void; any other is an error. Gray values are colours too.

    Example:
        >>> ColourTable({(0, 0, 0): None, (9, 8, 7): 1})(np.uint8([[[9, 8, 7], [0, 0, 0]]])).tolist()
        [[1, 255]]
    """

    def __init__(self, numbers: Mapping[tuple[int, int, int], int | None], *, listed_in: str = "classes.txt"):
        self.listed_in = listed_in
        self._table = np.zeros(2**24, np.uint16)  # only the written part takes memory
        for colour, number in numbers.items():
            red, green, blue = map(int, colour)
            self._table[red << 16 | green << 8 | blue] = 1 + (VOID if number is None else number)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 2:
            values = np.repeat(values[..., None], 3, axis=2)
        if values.dtype != np.uint8:
            raise LabelError(f"holds colours of {values.dtype}, which must have 8 bits a channel")
        red, green, blue = np.moveaxis(values[..., :3].astype(np.int32), -1, 0)
        labels: np.ndarray = self._table[red << 16 | green << 8 | blue]
        unknown = labels == 0
        if unknown.any():
            found = " ".join(map(str, values[unknown][0][:3]))
            line = "name r g b" if self.listed_in == "classes.txt" else "r g b name"
            raise LabelError(f"has the colour {found} of no class; add it to {self.listed_in} ({line})")
        return (labels - 1).astype(np.uint8)


class ColourLabels:
    """The meaning of colours: `palette[i]` is class i, those in `void` become 255; index files stay indices.

    Black and white are void unless they are a class's.
    """

    def __init__(self, palette: np.ndarray, *, void: Sequence[Sequence[int]] = ()):
        self.palette = np.asarray(palette, np.uint8)
        self._index_labels = IndexLabels(len(self.palette))
        numbers: dict[tuple[int, int, int], int | None] = {
            (red, green, blue): None for red, green, blue in ((0, 0, 0), (255, 255, 255), *void)
        }
        for number, (red, green, blue) in enumerate(self.palette.tolist()):
            numbers[red, green, blue] = number
        self._colours = ColourTable(numbers)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self._index_labels(values) if values.ndim == 2 else self._colours(values)


def _inside(values: np.ndarray, meaning: IndexLabels) -> np.ndarray:
    if not np.issubdtype(values.dtype, np.integer):
        whole = np.rint(values).astype(np.int64, copy=False) if np.isfinite(values).all() else None
        if whole is None or (whole != values).any():
            raise LabelError(f"holds {values.dtype} with fractions, NaN or inf; save class indices as uint8")
        values = whole
    outside = (values < 0) | (values >= len(meaning.table))
    if outside.any():
        raise LabelError(_outside(np.unique(values[outside]), meaning))
    return values


def _outside(found: np.ndarray, meaning: IndexLabels) -> str:
    classes = meaning.classes
    known = f"0–{classes - 1}" if meaning.values == tuple(range(classes)) else ", ".join(map(str, meaning.values))
    void = ", ".join(map(str, meaning.void)) or "none"
    shown = ", ".join(map(str, found[:5])) + (", …" if len(found) > 5 else "")
    return f"has label {shown} outside the {classes} classes {known} (void: {void}); correct it or name more classes"

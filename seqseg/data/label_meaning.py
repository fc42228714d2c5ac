"""What label values on disk mean: class indices with 255 for void, or an error that says what does not fit."""

from collections.abc import Sequence

import cv2
import numpy as np

from seqseg.data.video import VOID


class LabelError(ValueError):
    """Labels that mean no class; the message is the end of a sentence that begins with the file."""


_NOTHING = 254  # marks values without a meaning: there are at most 254 classes


class IndexLabels:
    """What the values of label files mean: `values[i]` is class i, those in `void` become 255, any other is an error.

    Without `values` they are the indices 0…classes-1 themselves.
    """

    def __init__(self, classes: int, *, void: Sequence[int] = (255,), values: Sequence[int] | None = None):
        self.values = tuple(range(classes)) if values is None else tuple(values)
        self.void = tuple(void)
        table = np.full(256, _NOTHING, np.uint8)
        table[list(self.void)] = VOID
        table[list(self.values)] = np.arange(classes)
        self._table = table

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim != 2:
            raise LabelError("holds colours, not class indices; give each class its colour in classes.txt (name r g b)")
        if values.dtype != np.uint8:
            values = _narrow(values, self)
        labels = cv2.LUT(values, self._table)
        if (labels == _NOTHING).any():
            raise LabelError(_outside(np.unique(values[labels == _NOTHING]), self))
        return labels


class ColourLabels:
    """What the colours of label files mean: `palette[i]` is class i, those in `void` become 255; indices stay indices.

    Black and white are void where no class has them.
    """

    def __init__(self, palette: np.ndarray, *, void: Sequence[Sequence[int]] = ()):
        self.palette = np.asarray(palette, np.uint8)
        self._index_labels = IndexLabels(len(self.palette))
        keys = {int(_colour_keys(colour)): VOID for colour in ((0, 0, 0), (255, 255, 255), *void)}
        keys |= {int(_colour_keys(colour)): index for index, colour in enumerate(self.palette)}
        self._keys = np.array(sorted(keys))
        self._labels = np.array([keys[key] for key in self._keys], np.uint8)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 2:
            return self._index_labels(values)
        keys = _colour_keys(values[..., :3])
        positions = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        unknown = self._keys[positions] != keys
        if unknown.any():
            red, green, blue = values[unknown][0][:3]
            raise LabelError(f"has the colour {red} {green} {blue} of no class; add it to classes.txt (name r g b)")
        return self._labels[positions]


def _narrow(values: np.ndarray, meaning: IndexLabels) -> np.ndarray:
    outside = (values < 0) | (values > 255)
    if outside.any():
        raise LabelError(_outside(np.unique(values[outside]), meaning))
    return values.astype(np.uint8)


def _outside(found: np.ndarray, meaning: IndexLabels) -> str:
    classes = len(meaning.values)
    known = f"0–{classes - 1}" if meaning.values == tuple(range(classes)) else ", ".join(map(str, meaning.values))
    void = ", ".join(map(str, meaning.void)) or "none"
    shown = ", ".join(map(str, found[:5])) + (", …" if len(found) > 5 else "")
    return f"has label {shown} outside the {classes} classes {known} (void: {void}); mend it or name more classes"


def _colour_keys(colours: np.ndarray) -> np.ndarray:
    red, green, blue = np.moveaxis(np.asarray(colours).astype(np.int64), -1, 0)
    return (red << 16) | (green << 8) | blue

"""The confusion matrix as a picture, ready to be saved or shown, with numpy alone."""

import numpy as np
from numpy.typing import ArrayLike

_INK = np.array([8, 48, 107], "float64")
_ABSENT = 224
_GAP = 2
# Each digit is five rows of three dots, a row being the bits of a number.
_DIGITS = (
    (7, 5, 5, 5, 7), (2, 6, 2, 2, 7), (7, 1, 7, 4, 7), (7, 1, 7, 1, 7), (5, 5, 7, 1, 1),
    (7, 4, 7, 1, 7), (7, 4, 7, 5, 7), (7, 1, 1, 2, 2), (7, 5, 7, 5, 7), (7, 5, 7, 1, 7),
)  # fmt: skip


def confusion_picture(confusion: ArrayLike, *, palette: ArrayLike | None = None, cell: int = 32) -> np.ndarray:
    """Draw a confusion matrix, uint8 RGB (h, w, 3): a row a label, a column a prediction, the share of the row in %.

    The darker, the more of the label's pixels went there; rows of classes without a label are grey. Matplotlib is not
    needed; to have names and axes, give the picture to `imshow`.

    Args:
        confusion: (classes, classes), row = the label, column = the prediction.
        palette: uint8 (classes, 3), drawn as a strip on the left and along the top; None leaves it out.
        cell: the side of a cell in pixels; numbers are written from 24 on.

    Raises:
        ValueError: the matrix is not square, or the palette has another number of colours.

    Example:
        >>> confusion_picture([[6, 2], [1, 3]], palette=[[0, 0, 0], [255, 0, 0]]).shape  # for imageio.imwrite
        (74, 74, 3)
    """
    confusion = np.asarray(confusion, "float64")
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ValueError(f"a confusion matrix is square, got {confusion.shape}")
    rows = [np.concatenate([_cell(count, row.sum(), cell) for count in row], axis=1) for row in confusion]
    picture = np.concatenate(rows)
    return picture if palette is None else _with_strips(picture, np.asarray(palette, "uint8"), cell)


def _cell(count: float, labelled: float, side: int) -> np.ndarray:
    """One square: its colour, and the share of the label in percent."""
    square = np.full((side, side, 3), _ABSENT, "uint8")
    if not labelled:
        return square
    share = count / labelled
    square[:] = np.rint(255 + share * (_INK - 255))
    dots = _number(round(100 * share))
    if side >= 24 and count:
        scale = max(1, (side - 8) // 11)
        dots = np.kron(dots, np.ones((scale, scale), bool))
        top, left = (side - dots.shape[0]) // 2, (side - dots.shape[1]) // 2
        square[top : top + dots.shape[0], left : left + dots.shape[1]][dots] = 255 if share > 0.5 else 0
    return square


def _number(value: int) -> np.ndarray:
    """A whole number in dots, boolean (5, 4 * digits - 1)."""
    glyphs = [np.array([[row >> bit & 1 for bit in (2, 1, 0)] for row in _DIGITS[int(digit)]]) for digit in str(value)]
    return np.concatenate([np.pad(glyph, ((0, 0), (0, 1))) for glyph in glyphs], axis=1)[:, :-1].astype(bool)


def _with_strips(picture: np.ndarray, palette: np.ndarray, cell: int) -> np.ndarray:
    if len(palette) * cell != len(picture):
        raise ValueError(f"{len(picture) // cell} classes need as many colours, the palette has {len(palette)}")
    side, width = len(picture), max(4, cell // 4)
    strip = np.repeat(palette, cell, axis=0)
    canvas = np.full((side + width + _GAP, side + width + _GAP, 3), 255, "uint8")
    canvas[-side:, -side:] = picture
    canvas[-side:, :width], canvas[:width, -side:] = strip[:, None], strip
    return canvas

"""A mask drawn over its picture, with a legend of the classes in it."""

from collections.abc import Sequence

import cv2
import numpy as np

UNKNOWN = (255, 255, 255)  # a value that is neither a class nor void must not pass unseen
SWATCH_EDGE = (110, 110, 110)  # or black could not be told from the legend's ground
PRESENT = 0.0005  # share of the picture from which on a class stands in the legend: with less it would flicker


class Overlay:
    """Draws masks over pictures: classes in their colours, void and black classes clear.

    palette: (classes, 3) uint8 RGB. names: one for each class. alpha: 0 shows the picture alone, 1 the colours alone.

    >>> overlay = Overlay(np.uint8([[0, 0, 0], [255, 0, 0]]), ["ground", "car"], legend=False)
    >>> overlay.draw(np.zeros((1, 2, 3), np.uint8), np.uint8([[0, 1]])).tolist()
    [[[0, 0, 0], [128, 0, 0]]]
    """

    def __init__(
        self, palette: np.ndarray, names: Sequence[str], *, alpha: float = 0.5, legend: bool = True, void: int = 255
    ):
        palette = np.asarray(palette, np.uint8)
        if palette.ndim != 2 or palette.shape[1] != 3 or len(palette) != len(names):
            raise ValueError(f"palette must be ({len(names)}, 3), a colour for each name, got {palette.shape}")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
        self.palette, self.names, self.alpha, self.void = palette, tuple(names), alpha, void
        self.legend = _Legend(palette, self.names) if legend else None
        self._colours = np.tile(np.uint8(UNKNOWN), (256, 1, 1))
        self._colours[: len(palette), 0] = palette
        self._clear = np.zeros(256, np.uint8)
        self._clear[: len(palette)][(palette == 0).all(axis=1)] = 255
        self._clear[void] = 255

    def draw(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """image (h, w, 3) uint8, mask (h, w) uint8 -> a new picture (h, w, 3) uint8."""
        colours = cv2.applyColorMap(mask, self._colours)
        drawn = cv2.addWeighted(image, 1 - self.alpha, colours, self.alpha, 0, dst=colours)
        counts = cv2.calcHist([mask], [0], None, [256], [0, 256]).ravel()
        if counts[self._clear > 0].any():
            cv2.copyTo(image, cv2.LUT(mask, self._clear), drawn)
        if self.legend:
            present = counts[: len(self.palette)] >= max(1, PRESENT * mask.size)
            self.legend.draw(drawn, np.flatnonzero(present))
        return drawn


class _Legend:
    """Swatches and names in the upper left corner, as many as there is room for. Each line is rendered once a size."""

    def __init__(self, palette: np.ndarray, names: tuple[str, ...]):
        self._palette, self._names = palette, names
        self._lines: dict[tuple[int, int], np.ndarray] = {}

    def draw(self, image: np.ndarray, classes: np.ndarray) -> None:
        """Writes into the picture."""
        height, width = image.shape[:2]
        line = int(np.clip(height // 22, 11, 40))
        margin = line // 3
        room = (height - 2 * margin) // line
        classes = classes[: max(room, 0)]
        if not len(classes):
            return
        lines = [self._name(int(index), line) for index in classes]
        right = min(width - margin, margin + max(text.shape[1] for text in lines))
        panel = image[margin : margin + line * len(lines), margin:right]
        if not panel.size:
            return
        panel[:] = panel // 3  # dark glass, so that the names can be read over any picture
        inset = line // 5
        for row, (index, text) in enumerate(zip(classes, lines, strict=True)):
            place = panel[row * line : (row + 1) * line, : text.shape[1]]
            np.maximum(place, text[:, : place.shape[1]], out=place)
            place[inset:-inset, inset : line - inset] = SWATCH_EDGE
            place[inset + 1 : -inset - 1, inset + 1 : line - inset - 1] = self._palette[index]

    def _name(self, index: int, height: int) -> np.ndarray:
        """The class's name, white on black, with room for its swatch: (height, w, 3)."""
        if (index, height) not in self._lines:
            scale, font = height / 32, cv2.FONT_HERSHEY_SIMPLEX
            (text_width, _), _ = cv2.getTextSize(self._names[index], font, scale, 1)
            text = np.zeros((height, text_width + 2 * height, 3), np.uint8)
            cv2.putText(
                text, self._names[index], (height, height - height // 4), font, scale, (255, 255, 255), 1, cv2.LINE_AA
            )
            self._lines[index, height] = text
        return self._lines[index, height]

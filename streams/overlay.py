"""A mask drawn over its picture, with a legend of the classes in it."""

from collections.abc import Collection, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from streams.objects.marks import draw_objects
from streams.objects.sighting import Found

UNKNOWN = (255, 255, 255)  # of values that are neither a class nor void, so that they are visible
UNSEEN = (64, 64, 64)  # void where the picture is not shown
SWATCH_EDGE = (110, 110, 110)  # without it black would not stand out from the legend's background
PRESENT = 0.0005  # share of the picture from which on a class is in the legend: with less it would flicker
VIEWS = ("overlay", "mask", "side_by_side")


class Overlay:
    """Draws masks over pictures: classes in their colours, void and black classes clear.

    palette: (classes, 3) uint8 RGB. names: one for each class. alpha: 0 shows the picture alone, 1 the colours alone.
    view: "overlay"; "mask", the colours without the picture, void dark grey; "side_by_side", picture and overlay, twice
    as wide. only: the names of the classes to draw, the others are clear; None is all. contours: a class's border in
    its full colour. legend: the classes that are there, with `areas` also their shares of all pixels but void.

    >>> overlay = Overlay(np.uint8([[0, 0, 0], [255, 0, 0]]), ["ground", "car"], legend=False)
    >>> overlay.draw(np.zeros((1, 2, 3), np.uint8), np.uint8([[0, 1]])).tolist()
    [[[0, 0, 0], [128, 0, 0]]]
    """

    def __init__(
        self,
        palette: npt.ArrayLike,
        names: Sequence[str],
        *,
        alpha: float = 0.5,
        legend: bool = True,
        areas: bool = False,
        void: int = 255,
        view: str = "overlay",
        only: Collection[str] | None = None,
        contours: bool = False,
    ) -> None:
        palette = np.asarray(palette, np.uint8)
        if palette.ndim != 2 or palette.shape[1] != 3 or len(palette) != len(names):
            raise ValueError(f"palette must be ({len(names)}, 3), a colour for each name, got {palette.shape}")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must be between 0 and 1, got {alpha}")
        if view not in VIEWS:
            raise ValueError(f"view must be one of {', '.join(VIEWS)}, got {view!r}")
        if unknown := set(only or ()) - set(names):
            raise ValueError(f"there is no class {', '.join(sorted(unknown))}; the classes are {', '.join(names)}")
        self.palette, self.names, self.alpha, self.void = palette, tuple(names), alpha, void
        self.view, self.contours = view, contours
        self._drawn = np.array([only is None or name in only for name in names], bool)
        self.legend = _Legend(palette, self.names, areas) if legend else None
        self._colours = np.tile(np.array(UNKNOWN, np.uint8), (256, 1, 1))
        self._colours[: len(palette), 0] = palette
        self._clear = np.zeros(256, np.uint8)
        self._clear[: len(palette)][(palette == 0).all(axis=1) | ~self._drawn] = 255
        self._clear[void] = 255
        self._flat = np.where(self._clear[:, None, None] > 0, np.uint8(0), self._colours)
        self._flat[void] = UNSEEN

    def draw(self, image: np.ndarray, mask: np.ndarray, found: Found | None = None) -> np.ndarray:
        """image (h, w, 3) uint8, mask (h, w) uint8 -> a new picture (h, w, 3) uint8, (h, 2w, 3) side by side.

        found: the objects on it, drawn with their boxes, ids and trails.
        """
        if self.view == "mask":
            drawn = _coloured(mask, self._flat)
        else:
            drawn = self._over(image, mask)
        if found is not None:
            draw_objects(drawn, found, self.palette, set(np.flatnonzero(self._drawn).tolist()))
        if self.legend:
            counts = cv2.calcHist([mask], [0], None, [256], [0, 256]).ravel()
            counted = mask.size - counts[self.void]
            counts = counts[: len(self.palette)]
            present = np.flatnonzero((counts >= max(1, PRESENT * mask.size)) & self._drawn)
            self.legend.draw(drawn, present, counts[present] / max(counted, 1))
        return cv2.hconcat([image, drawn]) if self.view == "side_by_side" else drawn

    def _over(self, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        colours = _coloured(mask, self._colours)
        if self.contours:
            blended = cv2.addWeighted(image, 1 - self.alpha, colours, self.alpha, 0)
            drawn = cv2.copyTo(colours, _borders(mask), blended)
        else:
            drawn = cv2.addWeighted(image, 1 - self.alpha, colours, self.alpha, 0, dst=colours)
        return cv2.copyTo(image, cv2.LUT(mask, self._clear), drawn)


def _coloured(mask: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """colours (256, 1, 3) of each value of a mask (h, w) -> (h, w, 3).

    Not by cv2.applyColorMap: with a table of colours it crashes when Ctrl-C comes meanwhile (OpenCV 5.0).
    """
    return cv2.merge([cv2.LUT(mask, channel) for channel in cv2.split(colours)])


def _borders(mask: np.ndarray) -> np.ndarray:
    """255 where another class is near: a line of a pixel on each side of a border, of two in large pictures."""
    reach = 3 if min(mask.shape) < 720 else 5
    return cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((reach, reach), np.uint8))


class _Legend:
    """Swatches and names in the upper left corner, as many as there is room for. Each line is rendered once a size."""

    def __init__(self, palette: np.ndarray, names: tuple[str, ...], areas: bool) -> None:
        self._palette, self._names, self._areas = palette, names, areas
        self._lines: dict[tuple[str, int], np.ndarray] = {}

    def draw(self, image: np.ndarray, classes: np.ndarray, shares: np.ndarray) -> None:
        """Writes into the picture."""
        height, width = image.shape[:2]
        line = int(np.clip(height // 22, 11, 40))
        margin = line // 3
        room = (height - 2 * margin) // line
        classes = classes[: max(room, 0)]
        if not len(classes):
            return
        lines = [self._line(int(index), share, line) for index, share in zip(classes, shares, strict=False)]
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

    def _line(self, index: int, share: float, height: int) -> np.ndarray:
        """The class's name, and its share in a column: (height, w, 3) white on black, with room for a swatch."""
        name = self._text(self._names[index], height)
        if not self._areas:
            return name
        widest = max(self._text(each, height).shape[1] for each in self._names)
        number = self._text(f"{100 * share:.1f} %", height)[:, height:]
        column = self._text("100.0 %", height).shape[1] - height
        both = np.zeros((height, widest + column, 3), np.uint8)
        both[:, : name.shape[1]] = name
        both[:, widest + column - number.shape[1] :] = number
        return both

    def _text(self, text: str, height: int) -> np.ndarray:
        """The text with room for a swatch before it, and as much behind: (height, w, 3). Rendered once."""
        if (text, height) not in self._lines:
            scale, font = height / 32, cv2.FONT_HERSHEY_SIMPLEX
            (text_width, _), _ = cv2.getTextSize(text, font, scale, 1)
            line = np.zeros((height, text_width + 2 * height, 3), np.uint8)
            cv2.putText(line, text, (height, height - height // 4), font, scale, (255, 255, 255), 1, cv2.LINE_AA)
            self._lines[text, height] = line
        return self._lines[text, height]

"""The demo's picture: frames of the movie above, their overlays below."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from streams import Frame, Overlay

GAP = 6


class Picture:
    """Keeps every so many-th frame of a run with its overlay.

    Args:
        overlay: a `streams.Overlay`.
        every: keep one frame in so many; the memory needs some frames at first.
    """

    def __init__(self, overlay: "Overlay", *, every: int) -> None:
        self._overlay, self._every = overlay, every
        self._columns: list[tuple[np.ndarray, np.ndarray]] = []  # (image, overlay), both uint8 (h, w, 3)

    def look(self, frame: "Frame", mask: "np.ndarray") -> None:
        """Take the run's next frame."""
        if (frame.index + 1) % self._every == 0:
            self._columns.append((frame.image, self._overlay.draw(frame.image, mask)))

    def write(self, path: Path) -> None:
        """Write it as PNG."""
        import imageio.v3 as imageio

        imageio.imwrite(path, self.drawn())

    def drawn(self) -> "np.ndarray":
        """uint8 RGB (h, w, 3): a column a frame, the frame over its overlay."""
        import numpy as np

        height, width, _ = self._columns[0][0].shape
        columns = len(self._columns)
        sheet = np.full((2 * height + GAP, columns * (width + GAP) - GAP, 3), 255, np.uint8)
        for column, pair in enumerate(self._columns):
            for row, picture in enumerate(pair):
                top, left = row * (height + GAP), column * (width + GAP)
                sheet[top : top + height, left : left + width] = picture
        return sheet

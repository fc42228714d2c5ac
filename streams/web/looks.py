"""Names and colours of the classes, for a page that draws masks itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Looks:
    """The classes' names, their colours (classes, 3) uint8 RGB, and the label of void.

    >>> Looks(("ground", "car"), np.uint8([[0, 0, 0], [255, 0, 0]])).to_dict()["classes"][1]
    {'name': 'car', 'colour': [255, 0, 0]}
    """

    names: Sequence[str]
    palette: np.ndarray
    void: int = 255

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        colours = np.asarray(self.palette, np.uint8).tolist()
        classes = [{"name": name, "colour": colour} for name, colour in zip(self.names, colours, strict=True)]
        return {"classes": classes, "void": self.void}

"""The metadata of a model file: classes, colours, void, the clip size it was trained on."""

import colorsys
import dataclasses
from typing import Any

import numpy as np

from seqseg.models.file_checks import require_card


@dataclasses.dataclass(frozen=True)
class ModelCard:
    """The facts that travel with a model's weights, inside its `.keras` file.

    Attributes:
        model: the preset's name.
        options: the preset's options.
        classes: the classes' names, in the order of the logits.
        palette: one [red, green, blue] of 0–255 a class.
        void: the label of pixels that do not count.
        channels: of the input images; with 1, the brightness of RGB images is taken.
        stack: how many frames the network sees at once, as channels: the current one and those before it.
        input_scale: [scale, offset], what the model does to pixels of 0–255 before its first layer; each one number, or
            one for red, green and blue.
        timesteps: frames of the clips it was trained on; None before training.
        size: [height, width] it was trained on; None before training, and when it was trained at native size.
        fit: how frames were brought to that size, `Resizing.to_card`; None before training, and in older files.
        head: "softmax", "sigmoid", "multi_label" or "frame"; see `seqseg.models.head`.
        output: how a "frame" head gives frames: "residual", "plain" or "bounded".
        condition: length of the vector that conditions it; 0 when it takes none.
        l2: strength of the kernels' regularization while training; see `add_l2`.
    """

    model: str
    options: dict[str, Any]
    classes: tuple[str, ...]
    palette: tuple[tuple[int, ...], ...]
    void: int = 255
    channels: int = 3
    input_scale: tuple[Any, Any] = (1 / 127.5, -1.0)
    timesteps: int | None = None
    size: tuple[int, int] | None = None
    fit: dict[str, Any] | None = None
    head: str = "softmax"
    output: str = "residual"
    condition: int = 0
    l2: float = 0.0
    stack: int = 1

    @property
    def trained(self) -> bool:
        """Whether it knows how it was trained."""
        return self.size is not None or self.fit is not None

    def to_dict(self) -> dict[str, Any]:
        """As plain lists and dicts, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, entries: dict[str, Any]) -> "ModelCard":
        """Undo `to_dict`; lists become tuples again.

        Raises:
            ModelError: an entry is missing, is none of a card's, or cannot be right.
        """
        require_card(entries)
        lists = ("classes", "size", "input_scale")
        tuples: dict[str, Any] = {name: _as_tuple(entries[name]) for name in lists if name in entries}
        palette = tuple(tuple(colour) for colour in entries["palette"])
        return cls(**(entries | tuples | {"palette": palette}))


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value


def default_palette(classes: int) -> np.ndarray:
    """Distinct colours (classes, 3) in uint8: black for the first class, as in VOC, then hues by the golden angle."""
    colours: list[tuple[int, ...]] = [(0, 0, 0)]
    for k in range(1, classes):
        hue = (0.02 + k * 0.618034) % 1
        colours.append(tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75 - 0.25 * (k % 2), 0.95)))
    return np.array(colours[:classes], "uint8")

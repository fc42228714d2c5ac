"""Placement of frames of any size on the network's canvas, and back: arithmetic only, no pixels.

`seqseg.data.clips.placing` applies it to numpy arrays, `seqseg.layers.placing` to tensors of any backend.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from seqseg.errors import ConfigError
from seqseg.registry import as_table, make
from seqseg.renamed import renamed

NATIVE_MULTIPLE = 32
"""Pictures of native size are padded to a multiple of this, the coarsest stride of the networks here."""


@dataclass(frozen=True)
class Placement:
    """A frame of size `source`, scaled to `inside`, at (`top`, `left`) of a `canvas` that `tiles` cover.

    All sizes are (height, width). `tiles` are the (top, left) of each tile of size `tile`; without tiling there is one
    tile, as large as the canvas.
    """

    source: tuple[int, int]
    inside: tuple[int, int]
    canvas: tuple[int, int]
    tile: tuple[int, int]
    top: int = 0
    left: int = 0
    tiles: tuple[tuple[int, int], ...] = ((0, 0),)
    border: str | int = "reflect"

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Pixels of padding above, below, left and right of the scaled frame."""
        below, right = self.canvas[0] - self.inside[0] - self.top, self.canvas[1] - self.inside[1] - self.left
        return self.top, below, self.left, right

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of the canvas that the frame covers."""
        return slice(self.top, self.top + self.inside[0]), slice(self.left, self.left + self.inside[1])

    def own(self, tile: int) -> tuple[slice, slice]:
        """The rows and columns of the canvas that belong to tile number `tile`: every pixel belongs to one tile."""
        return tuple(  # type: ignore[return-value]
            slice(*_own(sorted({place[axis] for place in self.tiles}), self.tiles[tile][axis], axis, self))
            for axis in (0, 1)
        )


@dataclass(frozen=True)
class Resizing:
    """How frames are resized to the network's size; `place` gives the placement of a frame of a given size.

    Args:
        name: "letterbox" shrinks a frame, keeping its aspect ratio, and pads it on all sides. "resize" stretches it.
            "tile" keeps its scale and cuts larger frames into overlapping tiles; training takes a tile at a random
            place. "native" keeps size and scale and pads to multiples of `multiple`, so that many sizes share one
            compiled network. "within" shrinks a frame that is larger, keeping its aspect ratio, and pads it below and
            on the right to multiples of `multiple`; some models' cards use it for streams of any size.
        size: (height, width) of the network's input; None only for "native".
        enlarge: letterbox also enlarges smaller frames.
        border: the padding: "reflect", or a grey level from 0 to 255.
        pad: False: letterbox without padding, for frames that are not stacked.
        overlap: of neighbouring tiles, as a fraction of their size.

    Example:
        >>> Resizing("letterbox", (40, 60)).place(80, 80).inside
        (40, 40)
    """

    name: str = "letterbox"
    size: tuple[int, int] | None = None
    enlarge: bool = False
    border: str | int = "reflect"
    pad: bool = True
    overlap: float = 0.5
    multiple: int = NATIVE_MULTIPLE

    def place(self, height: int, width: int) -> Placement:
        """The placement of a frame of `height` x `width`."""
        return _PLACES[self.name](self, (height, width))

    def to_card(self) -> dict[str, Any]:
        """All but the size, as a model's card stores it."""
        return {name: value for name, value in asdict(self).items() if name != "size"}


def make_resizing(resize: str | Mapping[str, Any], size: tuple[int, int] | None) -> Resizing:
    """The `Resizing` to a size (None is native) that `[data] resize` describes: a name, or a table of name and options.

    Raises:
        ConfigError: an unknown name, an unknown option, or a value out of range.

    Example:
        >>> make_resizing({"name": "letterbox", "enlarge": True, "border": 0}, (64, 64)).border
        0
    """
    options = as_table(resize)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f'data.resize needs a name, such as {{name = "letterbox", enlarge = true}}; got {resize}')
    if size is None:
        if name != "letterbox" or options:
            raise ConfigError(f'data.size is "native", which resizes nothing; leave data.resize = "{name}" out')
        return Resizing("native")
    resizing: Resizing = make(RESIZINGS, "data.resize", name, size=_sizes(size), **options)
    return resizing


def resizing_of_card(fit: Mapping[str, Any] | None, size: tuple[int, int] | None) -> Resizing | None:
    """The `Resizing` of a trained model, from `card.fit` and `card.size`; None for a model that was not trained.

    A card without `fit`, from an older file, means a letterbox without padding.
    """
    if fit is not None:
        return Resizing(size=None if size is None else _sizes(size), **fit)
    return None if size is None else Resizing("letterbox", _sizes(size), pad=False)


def _letterbox(size: tuple[int, int], *, enlarge: bool = False, border: str | int = "reflect") -> Resizing:
    if not isinstance(enlarge, bool):
        raise ConfigError(f"data.resize.enlarge must be true or false, got {enlarge!r}")
    return Resizing("letterbox", size, enlarge=enlarge, border=_checked_border(border))


def _resize(size: tuple[int, int]) -> Resizing:
    return Resizing("resize", size)


def _tile(size: tuple[int, int], *, overlap: float = 0.5, border: str | int = "reflect") -> Resizing:
    if isinstance(overlap, bool) or not isinstance(overlap, int | float) or not 0 <= overlap <= 0.9:
        raise ConfigError(f"data.resize.overlap must be a fraction of the tile from 0 to 0.9, got {overlap!r}")
    return Resizing("tile", size, overlap=float(overlap), border=_checked_border(border))


RESIZINGS = {"letterbox": _letterbox, "resize": _resize, "tile": _tile}
"""The values of `[data] resize`."""


def _checked_border(border: str | int) -> str | int:
    if border == "reflect" or (isinstance(border, int) and not isinstance(border, bool) and 0 <= border <= 255):
        return border
    raise ConfigError(f'data.resize.border must be "reflect" or a grey of 0 to 255, got {border!r}')


def _place_letterbox(resizing: Resizing, source: tuple[int, int]) -> Placement:
    size = resizing.size or source
    scale = min(size[0] / source[0], size[1] / source[1])
    scale = scale if resizing.enlarge else min(1, scale)
    inside = _sizes(max(1, round(side * scale)) for side in source)
    canvas = size if resizing.pad else inside
    top, left = ((there - here) // 2 for there, here in zip(canvas, inside, strict=True))
    return Placement(source, inside, canvas, canvas, top, left, border=resizing.border)


def _place_resize(resizing: Resizing, source: tuple[int, int]) -> Placement:
    size = resizing.size or source
    return Placement(source, size, size, size)


def _place_native(resizing: Resizing, source: tuple[int, int]) -> Placement:
    canvas = round_up(source, resizing.multiple)
    return Placement(source, source, canvas, canvas, border=resizing.border)


def _place_within(resizing: Resizing, source: tuple[int, int]) -> Placement:
    size = resizing.size or source
    scale = min(1, size[0] / source[0], size[1] / source[1])
    inside = _sizes(max(1, round(side * scale)) for side in source)
    canvas = round_up(inside, resizing.multiple)
    return Placement(source, inside, canvas, canvas, border=resizing.border)


def _place_tile(resizing: Resizing, source: tuple[int, int]) -> Placement:
    tile = resizing.size or source
    canvas = _sizes(max(there, side) for there, side in zip(tile, source, strict=True))
    top, left = ((there - here) // 2 for there, here in zip(canvas, source, strict=True))
    rows, columns = (_starts(whole, part, resizing.overlap) for whole, part in zip(canvas, tile, strict=True))
    tiles = tuple((row, column) for row in rows for column in columns)
    return Placement(source, source, canvas, tile, top, left, tiles, border=resizing.border)


_PLACES = {
    "letterbox": _place_letterbox,
    "resize": _place_resize,
    "tile": _place_tile,
    "native": _place_native,
    "within": _place_within,
}


def round_up(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """The smallest size not below `size` whose sides are multiples of `multiple`.

    >>> round_up((375, 500), 32)
    (384, 512)
    """
    return _sizes(-(-side // multiple) * multiple for side in size)


def _sizes(sides: Iterable[int]) -> tuple[int, int]:
    height, width = sides
    return height, width


def _starts(whole: int, part: int, overlap: float) -> list[int]:
    """The fewest evenly spread starts of parts that cover `whole` and overlap by at least `overlap`."""
    if whole == part:
        return [0]
    steps = math.ceil((whole - part) / max(1, math.floor(part * (1 - overlap))))
    return [round(step * (whole - part) / steps) for step in range(steps + 1)]


@lru_cache(maxsize=64)
def blending_shares(starts: tuple[int, ...], size: int, whole: int) -> tuple[tuple[float, ...], ...]:
    """The weight of each part at each of its pixels along an axis (parts, size): Hann windows that add up to 1.

    >>> [[round(weight, 2) for weight in part] for part in blending_shares((0, 2), 4, 6)]
    [[1.0, 1.0, 0.85, 0.15], [0.15, 0.85, 1.0, 1.0]]
    """
    window = [math.sin(math.pi * (pixel + 0.5) / size) ** 2 for pixel in range(size)]
    total = [0.0] * whole
    for start in starts:
        for pixel, weight in enumerate(window, start):
            total[pixel] += weight
    return tuple(tuple(weight / total[pixel] for pixel, weight in enumerate(window, start)) for start in starts)


def _own(starts: list[int], start: int, axis: int, placement: Placement) -> tuple[int, int]:
    """From the middle of the overlap with the previous part to the middle of the overlap with the next."""
    number, part = starts.index(start), placement.tile[axis]
    first = 0 if number == 0 else (starts[number - 1] + part + start) // 2
    last = placement.canvas[axis] if number == len(starts) - 1 else (start + part + starts[number + 1]) // 2
    return first, last


__getattr__ = renamed(
    __name__,
    {
        "FITTINGS": ("RESIZINGS", RESIZINGS),
        "Fitting": ("Resizing", Resizing),
        "fitting_of_card": ("resizing_of_card", resizing_of_card),
        "make_fitting": ("make_resizing", make_resizing),
    },
)

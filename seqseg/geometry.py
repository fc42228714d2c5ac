"""Where a frame of any size stands at the size a network works at, and back: arithmetic alone, no pixels.

`seqseg.data.clips.placing` moves numpy pixels so, `seqseg.layers.placing` tensors of any backend.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seqseg.errors import ConfigError
from seqseg.registry import make

NATIVE = "native"
"""As a size: each picture its own."""

NATIVE_MULTIPLE = 32
"""Pictures at their own size are padded to multiples of this: the coarsest stride of the networks here."""


@dataclass(frozen=True)
class Placement:
    """A frame of size `source` scaled to `inside`, standing at (`top`, `left`) of a `canvas`, which `tiles` cover.

    All sizes are (height, width). `tiles` are the (top, left) of each tile of size `tile`; one as large as the canvas
    where nothing is cut.
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
        """The rows and columns of the canvas in which the frame stands."""
        return slice(self.top, self.top + self.inside[0]), slice(self.left, self.left + self.inside[1])

    def own(self, tile: int) -> tuple[slice, slice]:
        """The rows and columns of the canvas that tile number `tile` sees best: every pixel is one tile's own."""
        return tuple(  # type: ignore[return-value]
            slice(*_own(sorted({place[axis] for place in self.tiles}), self.tiles[tile][axis], axis, self))
            for axis in (0, 1)
        )


@dataclass(frozen=True)
class Fitting:
    """How frames come to the size that a network works at; `place` says where a frame of a given size then stands.

    Args:
        name: "letterbox" shrinks a frame until it fits, keeping its shape, and pads it, its middle in the middle.
            "resize" stretches it. "tile" leaves its scale alone and cuts larger ones into overlapping tiles; training
            takes one of them at a random place. "native" leaves size and scale alone, padding to multiples of
            `multiple` so that no network has to be compiled for every size.
        size: (height, width) of what the network sees; None only when native.
        enlarge: letterbox also enlarges frames until their longer side fits.
        border: what pads: "reflect" continues the frame by reflection, a number of 0-255 is a grey.
        pad: False leaves letterbox without padding where nothing has to be stacked.
        overlap: of neighbouring tiles, as a share of their size.

    Example:
        >>> Fitting("letterbox", (40, 60)).place(80, 80).inside
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
        """Where a frame of `height` x `width` stands."""
        return _PLACES[self.name](self, (height, width))

    def to_card(self) -> dict[str, Any]:
        """What a model's card keeps beside the size."""
        return {name: value for name, value in asdict(self).items() if name != "size"}


def make_fitting(fit: str | Mapping[str, Any], size: tuple[int, int] | None) -> Fitting:
    """The `Fitting` of `[data] fit`, a name or a table of its name and options, to a size; None is native.

    Raises:
        ConfigError: no such fitting, an option it does not take, or a value that cannot be.

    Example:
        >>> make_fitting({"name": "letterbox", "enlarge": True, "border": 0}, (64, 64)).border
        0
    """
    options = {"name": fit} if isinstance(fit, str) else dict(fit)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f'data.fit needs a name, such as {{name = "letterbox", enlarge = true}}; got {fit}')
    if size is None:
        if name != "letterbox" or options:
            raise ConfigError(f'data.size is "native", which fits nothing; leave data.fit = "{name}" out')
        return Fitting("native")
    return make(FITTINGS, "data.fit", name, size=tuple(size), **options)


def fitting_of_card(fit: Mapping[str, Any] | None, size: tuple[int, int] | None) -> Fitting | None:
    """The `Fitting` that a model was trained with, from its card; None when it was not trained.

    Models older than this know their size alone: their frames were shrunk to fit, without padding.
    """
    if fit is not None:
        return Fitting(size=None if size is None else tuple(size), **fit)
    return None if size is None else Fitting("letterbox", tuple(size), pad=False)


def _letterbox(size: tuple[int, int], *, enlarge: bool = False, border: str | int = "reflect") -> Fitting:
    if not isinstance(enlarge, bool):
        raise ConfigError(f"data.fit.enlarge must be true or false, got {enlarge!r}")
    return Fitting("letterbox", size, enlarge=enlarge, border=_checked_border(border))


def _resize(size: tuple[int, int]) -> Fitting:
    return Fitting("resize", size)


def _tile(size: tuple[int, int], *, overlap: float = 0.5, border: str | int = "reflect") -> Fitting:
    if isinstance(overlap, bool) or not isinstance(overlap, int | float) or not 0 <= overlap <= 0.9:
        raise ConfigError(f"data.fit.overlap is a share of the tile from 0 to 0.9, got {overlap!r}")
    return Fitting("tile", size, overlap=float(overlap), border=_checked_border(border))


FITTINGS = {"letterbox": _letterbox, "resize": _resize, "tile": _tile}
"""Ways of bringing frames to a size, as `[data] fit` names them."""


def _checked_border(border: str | int) -> str | int:
    if border == "reflect" or (isinstance(border, int) and not isinstance(border, bool) and 0 <= border <= 255):
        return border
    raise ConfigError(f'data.fit.border must be "reflect" or a grey of 0 to 255, got {border!r}')


def _place_letterbox(fitting: Fitting, source: tuple[int, int]) -> Placement:
    size = fitting.size or source
    scale = min(size[0] / source[0], size[1] / source[1])
    scale = scale if fitting.enlarge else min(1, scale)
    inside = _sizes(max(1, round(side * scale)) for side in source)
    canvas = size if fitting.pad else inside
    top, left = ((there - here) // 2 for there, here in zip(canvas, inside, strict=True))
    return Placement(source, inside, canvas, canvas, top, left, border=fitting.border)


def _place_resize(fitting: Fitting, source: tuple[int, int]) -> Placement:
    size = fitting.size or source
    return Placement(source, size, size, size)


def _place_native(fitting: Fitting, source: tuple[int, int]) -> Placement:
    canvas = round_up(source, fitting.multiple)
    return Placement(source, source, canvas, canvas, border=fitting.border)


def _place_tile(fitting: Fitting, source: tuple[int, int]) -> Placement:
    tile = fitting.size or source
    canvas = _sizes(max(there, side) for there, side in zip(tile, source, strict=True))
    top, left = ((there - here) // 2 for there, here in zip(canvas, source, strict=True))
    rows, columns = (_starts(whole, part, fitting.overlap) for whole, part in zip(canvas, tile, strict=True))
    tiles = tuple((row, column) for row in rows for column in columns)
    return Placement(source, source, canvas, tile, top, left, tiles, border=fitting.border)


_PLACES = {"letterbox": _place_letterbox, "resize": _place_resize, "tile": _place_tile, "native": _place_native}


def round_up(size: tuple[int, int], multiple: int) -> tuple[int, int]:
    """The smallest size not below `size` whose sides are multiples of `multiple`.

    >>> round_up((375, 500), 32)
    (384, 512)
    """
    return _sizes(-(-side // multiple) * multiple for side in size)


def _sizes(sides) -> tuple[int, int]:
    height, width = sides
    return height, width


def _starts(whole: int, part: int, overlap: float) -> list[int]:
    """As few starts as cover `whole` with parts that overlap by at least `overlap`, evenly spread."""
    if whole == part:
        return [0]
    steps = math.ceil((whole - part) / max(1, math.floor(part * (1 - overlap))))
    return [round(step * (whole - part) / steps) for step in range(steps + 1)]


def _own(starts: list[int], start: int, axis: int, placement: Placement) -> tuple[int, int]:
    """From the middle of the overlap with the part before to the middle of that with the part after."""
    number, part = starts.index(start), placement.tile[axis]
    first = 0 if number == 0 else (starts[number - 1] + part + start) // 2
    last = placement.canvas[axis] if number == len(starts) - 1 else (start + part + starts[number + 1]) // 2
    return first, last

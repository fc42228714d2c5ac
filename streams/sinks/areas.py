"""How much of each picture every class covers, as a table."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from streams.areas import class_areas
from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.sink import Sink, prepared
from streams.sinks.writing.lines import LinesFile, csv_row

UNITS = ("pixels", "share")


class AreasSink(Sink):
    """A CSV line a frame: its number, exact time, epoch, gap, and the area of each class and of void.

    names: one for each class, one column each. unit: "pixels", or "share" of all pixels except void (void itself is a
    share of all). Every line is whole, also after a crash.
    """

    def __init__(self, path: str | Path, names: Sequence[str], *, unit: str = "pixels", void: int = 255) -> None:
        super().__init__()
        if unit not in UNITS:
            raise SinkError(f'areas are given in "pixels" or as "share", got "{unit}"')
        self._classes, self._unit, self._void = len(names), unit, void
        void_name = "void" if "void" not in names else "void (no class)"
        self._lines = LinesFile(path, header=csv_row(["frame", "pts", "seconds", "epoch", "gap", void_name, *names]))
        self.paths = (Path(path),)
        self.name = str(path)

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        counts = class_areas(mask, max(self._classes, self._void + 1))
        void, areas = int(counts[self._void]), counts[: self._classes]
        cells: list[object]
        if self._unit == "share":
            counted = max(mask.size - void, 1)
            cells = [f"{value:.6f}" for value in (void / mask.size, *(areas / counted))]
        else:
            cells = [void, *areas.tolist()]
        self._lines.write(csv_row([frame.index, frame.pts, f"{float(frame.pts):.9f}", frame.epoch, frame.gap, *cells]))

    def close(self, error: BaseException | None = None) -> None:
        self._lines.close()
        self._warnings += self._lines.part.warning()

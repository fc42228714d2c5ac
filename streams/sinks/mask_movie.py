"""Masks as a lossless movie."""

from pathlib import Path

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.sink import Sink, prepared
from streams.sinks.writing.naming import numbered
from streams.sinks.writing.times import TimesFile
from streams.sinks.writing.writer import MovieWriter, picture_of

FORMATS = {"uint8": "gray", "uint16": "gray16le"}
FFV1 = {"level": "3", "g": "1", "slicecrc": "1", "context": "1"}  # every frame alone, bit rot is noticed


class MaskMovieSink(Sink):
    """Masks (h, w) uint8 or uint16 as a gray FFV1 movie in mkv: exact, and readable up to the last frames when killed.

    It is written as `masks.part.mkv` and gets its name when it is complete; masks of another size go to a new file,
    `masks-2.mkv`. mkv rounds times to 1 ms; the exact ones are in a table beside it, `masks.mkv.times.csv`.
    Read it back with `MovieFrames(path, pixels="gray")`.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        path = Path(path)
        if path.suffix.lower() != ".mkv":
            raise SinkError(f"{path} must end in .mkv: no other common container holds lossless masks")
        self._writer = MovieWriter(path, "ffv1", FFV1)
        self._times: TimesFile | None = None
        self._number = 0  # of the file whose times are being written
        self.paths = (path,)
        self.name = str(path)

    @property
    def warnings(self) -> list[str]:
        return self._writer.warnings

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("encode"):
            before = self._writer.frames if self._number == self._writer.number else 0
            self._writer.write(picture_of(mask, FORMATS[mask.dtype.name]), frame)
            if self._number != self._writer.number:
                self._next_table()
                before = 0
            if self._times is not None and self._writer.frames > before:
                self._times.write(before, "", frame)

    def close(self, error: BaseException | None = None) -> None:
        try:
            self._writer.close()
        except SinkError:
            self._close_table(finish=False)
            raise
        self._close_table(finish=not self._writer.failed)

    def _next_table(self) -> None:
        self._close_table()
        self._number = self._writer.number
        path = numbered(self.paths[0], self._number)
        self._times = TimesFile(path.with_name(path.name + ".times.csv"))

    def _close_table(self, *, finish: bool = True) -> None:
        times, self._times = self._times, None
        if times is not None:
            times.close(finish=finish)

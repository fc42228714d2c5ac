"""Masks as a lossless movie."""

from pathlib import Path

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.sink import Sink, prepared
from streams.sinks.times import TimesFile
from streams.sinks.writer import MovieWriter, picture_of

FORMATS = {"uint8": "gray", "uint16": "gray16le"}
FFV1 = {"level": "3", "g": "1", "slicecrc": "1", "context": "1"}  # every frame alone, bit rot is noticed


class MaskMovieSink(Sink):
    """Masks (h, w) uint8 or uint16 as a gray FFV1 movie in mkv: exact, and readable to the last frames when killed.

    mkv rounds times to 1 ms; the exact ones stand in a table beside it, `masks.mkv.times.csv`.
    Read it back with `MovieFrames(path, pixels="gray")`.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        path = Path(path)
        if path.suffix.lower() != ".mkv":
            raise SinkError(f"{path} must end in .mkv: no other common container holds lossless masks")
        self._writer = MovieWriter(path, "ffv1", FFV1)
        self._times = TimesFile(path.with_name(path.name + ".times.csv"))
        self.paths = (path,)
        self.name = str(self.paths[0])

    def open(self) -> None:
        prepared(self.paths[0])

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        with self.meter.stage("encode"):
            number = self._writer.frames
            self._writer.write(picture_of(mask, FORMATS[mask.dtype.name]), frame)
            if self._writer.frames > number:
                self._times.write(number, "", frame)

    def close(self, error: BaseException | None = None) -> None:
        try:
            self._writer.close()
        finally:
            self._times.close()
        if self._writer.dropped:
            self._warnings.append(f"{self.paths[0]}: {self._writer.dropped} masks left out, their times did not grow")

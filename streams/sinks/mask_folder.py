"""Masks as a folder of index PNG files."""

from pathlib import Path

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.sinks.sink import Sink, make_folder
from streams.sinks.writing.part import write_whole
from streams.sinks.writing.png import index_png
from streams.sinks.writing.times import TimesFile


class MaskFolderSink(Sink):
    """A PNG a mask: pixels are class numbers, shown in the palette's colours. Named as its image, or by its number.

    palette: (classes, 3) uint8 RGB. Each file appears complete or not at all. `times.csv` holds the exact times; it is
    `times.part.csv` until the end.
    """

    def __init__(self, path: str | Path, palette: np.ndarray) -> None:
        super().__init__()
        palette = np.asarray(palette, np.uint8)
        if palette.ndim != 2 or palette.shape[1] != 3 or not 1 <= len(palette) <= 256:
            raise ValueError(f"palette must be (classes, 3) with at most 256 classes, got {palette.shape}")
        self._folder = Path(path)
        # All 256 entries, the rest white, so that void (255) and mistakes can be seen.
        self._palette = np.full((256, 3), 255, np.uint8)
        self._palette[: len(palette)] = palette
        self._times = TimesFile(self._folder / "times.csv")
        self._count = 0
        self.paths = (self._folder,)
        self.name = str(self.paths[0])

    def open(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise SinkError(f"{self._folder} is a file; give a folder to write masks into")

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if not self._count:
            make_folder(self._folder)
        if mask.dtype != np.uint8:
            raise SinkError(f"index PNG files hold uint8 masks, got {mask.dtype}; use a mask movie for larger values")
        name = f"{frame.name or f'{frame.index:06d}'}.png"
        with self.meter.stage("encode"):
            kept = f"the {self._count} masks before it are whole"
            write_whole(self._folder / name, index_png(mask, self._palette), kept=kept)
            self._times.write(self._count, name, frame)
        self._count += 1

    def close(self, error: BaseException | None = None) -> None:
        self._times.close()

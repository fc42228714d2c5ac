"""A table of exact times, beside masks whose files cannot hold them."""

from pathlib import Path

from streams.frame import Frame
from streams.sinks.writing.lines import LinesFile


class TimesFile:
    """A CSV file with a line a frame, written at once; `pts` is an exact fraction of seconds."""

    def __init__(self, path: Path) -> None:
        self._lines = LinesFile(path, header="number,name,frame,epoch,pts,seconds")

    def write(self, number: int, name: str, frame: Frame) -> None:
        self._lines.write(f"{number},{name},{frame.index},{frame.epoch},{frame.pts},{float(frame.pts):.9f}")

    def close(self, *, finish: bool = True) -> None:
        self._lines.close(finish=finish)

"""A table of exact times beside masks whose own files cannot hold them."""

import io
from pathlib import Path

from streams.errors import SinkError
from streams.frame import Frame


class TimesFile:
    """A CSV file, a line a frame, on disk as soon as it is written; `pts` is a fraction of seconds."""

    def __init__(self, path: Path):
        self.path = path
        self._file: io.TextIOWrapper | None = None

    def write(self, number: int, name: str, frame: Frame) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="")
                self._file.write("number,name,frame,epoch,pts,seconds\n")
            self._file.write(f"{number},{name},{frame.index},{frame.epoch},{frame.pts},{float(frame.pts):.9f}\n")
            self._file.flush()
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:  # the flush that failed while writing fails again
                raise SinkError(f"{self.path} cannot be finished: {error.strerror}") from error
            finally:
                self._file = None

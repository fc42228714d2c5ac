"""Text files that are written line by line."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from streams.errors import SinkError
from streams.sinks.writing.part import PartFile


class LinesFile:
    """Lines of text, each written to the system at once: no half line, however the run ends.

    The file is `out.part.csv` until it is closed (see PartFile); nothing is created before the first line.
    """

    def __init__(self, path: str | Path, header: str = "") -> None:
        self.part = PartFile(path)
        self._header = header
        self._file: io.FileIO | None = None
        self._whole = 0  # bytes of whole lines
        self._failed = False

    def write(self, line: str) -> None:
        """Appends a line, given without its line end."""
        try:
            if self._file is None:
                self._file = open(self.part.begin(), "wb", buffering=0)  # noqa: SIM115 - closed in close()
                if self._header:
                    self._put(self._header, self._file)
            self._put(line, self._file)
        except OSError as error:
            self._failed = True
            self._cut()
            kept = f"the lines before are whole, in {self.part.path}"
            raise SinkError(f"{self.part.target} cannot be written: {error.strerror}; {kept}") from error

    def close(self, *, finish: bool = True) -> None:
        """Ends the file; with `finish=False` it stays a part, as after a failure."""
        if self._file is None:
            return
        file, self._file = self._file, None
        file.close()
        if finish and not self._failed:
            self.part.finish()
        else:
            self.part.abandon()

    def _put(self, line: str, file: io.FileIO) -> None:
        content = memoryview(f"{line}\n".encode())
        while content:
            content = content[file.write(content) or 0 :]
        self._whole += len(line.encode()) + 1

    def _cut(self) -> None:
        """Removes the half line that a full disk has left."""
        if self._file is not None and self.part.path.is_file():
            os.ftruncate(self._file.fileno(), self._whole)


def csv_row(cells: Sequence[object]) -> str:
    """The cells as a line of CSV, without its end.

    >>> csv_row([1, "a,b"])
    '1,"a,b"'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()

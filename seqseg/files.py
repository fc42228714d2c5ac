"""Files that appear under their names when they are whole, and not before: the one atomic writer."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing bytes that takes the place of `path` whole at the end, or, on an error, not at all.

    Example:
        >>> with replacing("metrics.csv") as file:
        ...     file.write(b"epoch,loss\n")
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)

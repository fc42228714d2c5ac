"""What is broken in a set: an error, or, when asked to go on, left out and listed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seqseg.errors import DataError
from streams.errors import SourceError

WAY_OUT = "--skip-bad goes on without what is broken"


class LeftOut:
    """Where readers bring what they cannot use. With `skip` it is kept in `items`, each once, without it is raised.

    Example:
        >>> left_out = LeftOut(skip=True)
        >>> left_out.add(DataError("a.png is empty (0 bytes)"))
        >>> left_out.items
        ['a.png is empty (0 bytes)']
    """

    def __init__(self, *, skip: bool = False):
        self.skip = skip
        self._items: dict[str, None] = {}

    @property
    def items(self) -> list[str]:
        """What was left out and why, a line each, in the order it was found."""
        return list(self._items)

    def add(self, error: Exception) -> None:
        """Note the error and go on without the item it names; raises it, naming the way out, unless `skip`."""
        if not self.skip:
            raise _with_way_out(error) from error
        self._items.setdefault(" ".join(str(error).split()))


STRICT = LeftOut()  # never holds anything, so all may share it


@contextmanager
def naming_way_out() -> Iterator[None]:
    """What cannot be read in here is an error that names `--skip-bad`."""
    try:
        yield
    except (DataError, SourceError) as error:
        raise _with_way_out(error) from error


def write_left_out(path: str | Path, items: Sequence[str]) -> None:
    """A line of text for each item left out; no file where there is none, also when there was one."""
    path = Path(path)
    if not items:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text("".join(f"{item}\n" for item in items), encoding="utf-8", errors="backslashreplace")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _with_way_out(error: Exception) -> Exception:
    message = str(error)
    return type(error)(message if WAY_OUT in message else f"{message} ({WAY_OUT})")

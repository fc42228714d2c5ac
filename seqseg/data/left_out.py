"""Broken items of a set: an error, or, with --skip-bad, left out and listed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seqseg.errors import DataError
from seqseg.files import replacing
from streams.errors import SourceError

WAY_OUT = "--skip-bad leaves out what is broken"


class LeftOut:
    """Collects broken items: with `skip` each once in `items`, without `skip` it is raised.

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
        """What was left out and why, one line each, in the order found."""
        return list(self._items)

    def add(self, error: Exception) -> None:
        """Note the error of an item that is left out; without `skip` raise it with a hint at --skip-bad."""
        if not self.skip:
            raise _with_way_out(error) from error
        self._items.setdefault(" ".join(str(error).split()))


STRICT = LeftOut()  # never holds anything, so it may be shared


@contextmanager
def naming_way_out() -> Iterator[None]:
    """Errors raised inside mention `--skip-bad`."""
    try:
        yield
    except (DataError, SourceError) as error:
        raise _with_way_out(error) from error


def write_left_out(path: str | Path, items: Sequence[str]) -> None:
    """Write one line for each item left out; without items an existing file is removed."""
    path = Path(path)
    if not items:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write("".join(f"{item}\n" for item in items).encode(errors="backslashreplace"))


def _with_way_out(error: Exception) -> Exception:
    message = str(error)
    return type(error)(message if WAY_OUT in message else f"{message} ({WAY_OUT})")

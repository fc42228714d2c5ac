"""Text without control characters for the terminal: names of files, classes and streams are untrusted."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

# C0 except tab, line feed, carriage return and backspace; DEL and C1; what reverses the direction of a line.
_CONTROL = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""The text with its control characters written out, as \x1b or \u202e.

    >>> printable("a\x1b[31mred.mp4")
    'a\\x1b[31mred.mp4'
    """
    return _CONTROL.sub(lambda found: _written(found[0]), text)


def unfiltered(stream: IO[str]) -> IO[str]:
    """The unfiltered stream, for our own lines that move the cursor or have colours."""
    return cast(IO[str], getattr(stream, "unfiltered", stream))


@contextmanager
def printable_output() -> Iterator[None]:
    """While open, everything that is printed is printable, on stdout and stderr."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast(Any, _Printable(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Printable:
    """A text stream that passes everything on, text without control characters."""

    def __init__(self, stream: IO[str]) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        self.unfiltered.write(printable(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


def _written(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x7F else f"\\u{code:04x}"

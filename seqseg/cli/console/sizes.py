"""--size on the command line."""

from typing import Literal

from seqseg.config.types import Size, parse_size
from seqseg.errors import ConfigError

WORDS = ("native", "trained")
WorkingSize = Size | Literal["trained"] | None
"""The size of a network's input: given, as it was trained, or (None) the frame's own."""


def size_option(text: str, *, words: tuple[str, ...] = ()) -> Size:
    """`360x480` -> (360, 480). ConfigError for anything else; its message names `words` as alternatives.

    >>> size_option("45x61")
    (45, 61)
    """
    size = parse_size(text)
    if size is None or min(size) < 1:
        others = f', "{words[0]}" or "{words[1]}"' if words else ""
        raise ConfigError(f'--size must be HEIGHTxWIDTH such as 360x480{others}, got "{text}"')
    return size


def working_size(text: str) -> WorkingSize:
    """`360x480`, "trained" or "native" -> the size of a network's input."""
    if text in WORDS:
        return "trained" if text == "trained" else None
    return size_option(text, words=WORDS)

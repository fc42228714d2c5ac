"""The part after the kind in `kind:path,name=value,…`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.limits import is_whole
from seqseg.errors import DataError
from seqseg.registry import suggestion


def split_options(where: str, kind: str, options: Mapping[str, Callable[[str], Any]]) -> tuple[str, dict[str, Any]]:
    """ "PATH,a=1,b=x" -> ("PATH", {"a": 1, "b": "x"}), each value read by its function in `options`.

    A function raises ValueError with what the value must be. A piece with a slash whose name is no option belongs to
    the path.

    Raises:
        DataError: an unknown option, one given twice, or an invalid value.
    """
    path, *pieces = where.split(",")
    found: dict[str, Any] = {}
    given = []
    while pieces and _is_option(pieces[-1], options):
        given.append(pieces.pop())
    for piece in reversed(given):
        name, _, value = piece.partition("=")
        if name not in options:
            known = f"it takes {', '.join(options)}" if options else "it takes none"
            raise DataError(f"{kind}: has no option {piece!r}{suggestion(name, options)}; {known}")
        if name in found:
            raise DataError(f"{kind}: option {name} is given twice")
        try:
            found[name] = options[name](value)
        except ValueError as error:
            raise DataError(f"{kind}: {name}={value} is not valid: {name} must be {error}") from None
    return ",".join([path, *pieces]), found


def _is_option(piece: str, options: Mapping[str, Any]) -> bool:
    name, equals, value = piece.partition("=")
    return bool(equals) and name.isidentifier() and (name in options or "/" not in value)


def one_of(*words: str) -> Callable[[str], str]:
    """Reads one of the words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return read


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number from `least` to `most`."""

    def read(value: str) -> int:
        if not is_whole(value) or int(value) < least or (most is not None and int(value) > most):
            raise ValueError(f"a whole number from {least}" + (f" to {most}" if most is not None else " on"))
        return int(value)

    return read


def existing_folder(value: str) -> Path:
    """Reads the path of an existing folder."""
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise ValueError("an existing folder")
    return folder


def source_folders(source: str) -> list[Path]:
    """The folders on disk that "kind:PATH,option=1 + kind:PATH" names."""
    found = []
    for one in source.split(" + "):
        where = Path(one.strip().partition(":")[2])
        while not where.expanduser().exists() and "," in str(where):
            where = Path(str(where).rpartition(",")[0])
        if str(where) != "." and where.expanduser().is_dir():
            found.append(where.expanduser().resolve())
    return found

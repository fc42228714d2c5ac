"""The names of data: `kind:path,name=value,…`, several joined by " + ".

A path with commas or " + " in it is found if it exists, or is in quotes: `folders:"a, b + c",foreground=255`.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqseg.data.limits import is_whole
from seqseg.errors import DataError
from seqseg.registry import suggestion

_WITHOUT_PATH = ("shapes", "scenes")


def split_sources(text: str) -> list[str]:
    """The sources in "kind:path + kind:path"; a " + " in quotes, or without a kind after it, belongs to a path.

    >>> split_sources('cdnet:a + b + shapes'), split_sources('folders:"a + b:c"')
    (['cdnet:a + b', 'shapes'], ['folders:"a + b:c"'])
    """
    sources: list[str] = []
    for piece in text.split(" + "):
        kind, colon, _ = piece.strip().partition(":")
        is_source = kind.isidentifier() and (colon or kind in _WITHOUT_PATH)
        joined = f"{sources[-1]} + {piece}" if sources else ""
        if sources and (sources[-1].count('"') % 2 or not is_source or _leads_on(joined)):
            sources[-1] = joined
        else:
            sources.append(piece)
    return [source.strip() for source in sources]


def _leads_on(source: str) -> bool:
    """Whether the path of a source goes over its last " + " and exists."""
    path = split_path(source.partition(":")[2])[0]
    return " + " in path and path.count(" + ") == source.count(" + ") and os.path.exists(os.path.expanduser(path))


def split_path(where: str) -> tuple[str, list[str]]:
    """The path, without its quotes, and the pieces between commas after it; the longest path that exists counts.

    >>> split_path('"a,b",c=1'), split_path("a,b,c=1")
    (('a,b', ['c=1']), ('a', ['b', 'c=1']))
    """
    end = where.find('"', 1)
    if where.startswith('"') and end > 0 and where[end + 1 : end + 2] in ("", ","):
        return where[1:end], where[end + 2 :].split(",") if where[end + 1 :] else []
    pieces = where.split(",")
    for count in range(len(pieces), 1, -1):
        path = ",".join(pieces[:count])
        if os.path.exists(os.path.expanduser(path)):
            return path, pieces[count:]
    return pieces[0], pieces[1:]


def split_map(where: str) -> tuple[str, str | None]:
    """ "PATH,a=1,map=coco_to_voc" -> ("PATH,a=1", "coco_to_voc"); None where none is given.

    Raises:
        DataError: two maps.
    """
    quoted = where[: where.find('"', 1) + 1] if where.startswith('"') else ""
    pieces = where[len(quoted) :].split(",")
    maps = [piece for piece in pieces[1:] if piece.startswith("map=")]
    if len(maps) > 1:
        raise DataError(f"{where}: option map is given twice")
    if not maps:
        return where, None
    return quoted + ",".join(piece for piece in pieces if piece is not maps[0]), maps[0].removeprefix("map=")


def split_options(where: str, kind: str, options: Mapping[str, Callable[[str], Any]]) -> tuple[str, dict[str, Any]]:
    """ "PATH,a=1,b=x" -> ("PATH", {"a": 1, "b": "x"}), each value read by its function in `options`.

    A function raises ValueError with what the value must be. A piece with a slash whose name is no option belongs to
    the path.

    Raises:
        DataError: an unknown option, one given twice, or an invalid value.
    """
    path, pieces = split_path(where)
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
    for one in split_sources(source):
        where = Path(split_path(one.partition(":")[2])[0])
        while not where.expanduser().exists() and "," in str(where):
            where = Path(str(where).rpartition(",")[0])
        if str(where) != "." and where.expanduser().is_dir():
            found.append(where.expanduser().resolve())
    return found


def source_paths(source: str) -> list[Path]:
    """The files and folders on disk that "kind:PATH,option=PATH + kind:PATH" names, those of options included."""
    found = []
    for one in split_sources(source) if source else ():
        path, pieces = split_path(split_map(one.partition(":")[2])[0])
        named = [path, *(piece.partition("=")[2] for piece in pieces)]
        found += [place for name in named if name and (place := Path(name).expanduser()).exists()]
    return found

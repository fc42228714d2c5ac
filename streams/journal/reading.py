"""Read and check the lines of a journal, which is untrusted input."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from streams.errors import SourceError
from streams.gaps import StateChange

VERSION = 1
CLOSED = "closed"  # the event on the last line of a journal whose run ended normally
LONGEST_LINE = 100_000  # characters
LARGEST = 2**53  # of a number; floats are exact up to there
_FRACTION = re.compile(r"-?\d{1,30}(?:/[1-9]\d{0,29})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame's line."""

    stream: str
    pts: Fraction
    index: int
    epoch: int
    gap: int
    batch: int
    change: StateChange
    duration: Fraction | None = None
    time_base: Fraction | None = None
    name: str = ""
    size: tuple[int, int] | None = None  # (h, w) where it is not that of the frame before


def read_journal(path: Path) -> Iterator[dict[str, Any] | Entry]:
    """The journal's first line (facts), then its events as dicts and its frames as entries.

    A last line that was cut off when the writer was killed is left out.

    Raises:
        SourceError: it cannot be read, is no journal, or a line is not what a journal has.
    """
    try:
        file = path.open(encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{path} cannot be read as a journal: {error.strerror}") from error
    with file:
        facts = _parsed(next(lines := _whole_lines(file, path), ""), path, 1)
        if facts.get("journal") != VERSION:
            raise SourceError(f"{path} is not a journal of this version ({VERSION}); give what --journal wrote")
        yield facts
        batches = 0
        for number, line in enumerate(lines, start=2):
            values = _parsed(line, path, number)
            try:
                if "event" in values:
                    yield _event(values)
                    continue
                entry = _entry(values)
                if not 1 <= entry.batch <= batches + 1:
                    raise ValueError(f"batch {entry.batch} after batch {batches}")
            except (KeyError, ValueError, TypeError) as error:
                raise SourceError(f"{path}, line {number} is not the line of a frame: {error!r}") from error
            batches = max(batches, entry.batch)
            yield entry


def _whole_lines(file: Any, path: Path) -> Iterator[str]:
    try:
        while line := file.readline(LONGEST_LINE + 1):
            if line.endswith("\n"):
                yield line
            elif len(line) > LONGEST_LINE:
                raise SourceError(f"{path} has a line of more than {LONGEST_LINE:,} characters; it is no journal")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as a journal: {getattr(error, 'strerror', error)}") from error


def _parsed(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise SourceError(f"{path}, line {number} is not JSON; give what --journal wrote")
    return parsed


def _event(values: dict[str, Any]) -> dict[str, Any]:
    for name in ("event", "stream"):
        if not isinstance(values.get(name), str) and (name, values["event"]) != ("stream", CLOSED):
            raise ValueError(f"an event without its {name}")
    return values


def _entry(values: Mapping[str, Any]) -> Entry:
    return Entry(
        stream=_text(values["stream"]),
        pts=_fraction(values["pts"]),
        index=_whole(values["index"]),
        epoch=_whole(values["epoch"]),
        gap=_whole(values["gap"]),
        batch=_whole(values["batch"]),
        change=StateChange(
            _text(values["fresh"]) if values.get("fresh") is not None else None,
            _whole(values.get("missing", 0)),
            _factor(values.get("factor", 1.0)),
        ),
        duration=_fraction(values["duration"]) if "duration" in values else None,
        time_base=_fraction(values["time_base"]) if "time_base" in values else None,
        name=_text(values.get("name", "")),
        size=_size(values["size"]) if "size" in values else None,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise ValueError(f"{value!r} is not a whole number from 0 on")
    return value


def _factor(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is not a factor from 0 to 1")
    return float(value)


def _fraction(value: object) -> Fraction:
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise ValueError(f"{value!r} is not a fraction such as 1001/30000")
    return Fraction(value)


def _size(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"{value!r} is not a size [height, width]")
    return _whole(value[0]), _whole(value[1])

"""Types and ranges of config values, with the dotted key in every message."""

import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from seqseg.errors import ConfigError

Size = tuple[int, int]
"""(height, width) in pixels; `360x480` in text."""


def check_field(key: str, value: Any, kind: Any, limits: Mapping[str, Any]) -> Any:
    """`value` as `kind` (a type annotation of a config class), or ConfigError naming `key`."""
    found = _match(value, kind)
    if found is None:
        raise ConfigError(f"{key} must be {wanted(kind)}, got {shown(value)}")
    if isinstance(found.value, tuple | list):
        _check_sequence(key, found.value, kind, limits)
    elif isinstance(found.value, int | float) and not isinstance(found.value, bool):
        _check_range(key, found.value, limits)
    return found.value


def parse_size(text: str) -> Size | None:
    """`360x480` → (360, 480); None when the text is not HEIGHTxWIDTH."""
    match = re.fullmatch(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*", text)
    return (int(match[1]), int(match[2])) if match else None


class _Match(NamedTuple):
    value: Any


def _match(value: Any, kind: Any) -> _Match | None:
    if get_origin(kind) in (Union, types.UnionType):
        return _first_match(value, get_args(kind))
    if kind is types.NoneType:
        return _Match(None) if value is None or value == "none" else None
    if get_origin(kind) is Literal:
        return _Match(value) if value in get_args(kind) and isinstance(value, str) else None
    if get_origin(kind) is dict:
        return _Match(dict(value)) if isinstance(value, Mapping) else None
    if get_origin(kind) is list:
        return _match_items(value, get_args(kind) * len(value), list) if isinstance(value, list | tuple) else None
    if get_origin(kind) is tuple:
        return _match_pair(value, kind)
    return _match_scalar(value, kind)


def _first_match(value: Any, kinds: tuple[Any, ...]) -> _Match | None:
    # None goes first, so that "none" means absent even where any text would do.
    for kind in sorted(kinds, key=lambda kind: kind is not types.NoneType):
        if (found := _match(value, kind)) is not None:
            return found
    return None


def _match_pair(value: Any, kind: Any) -> _Match | None:
    if isinstance(value, str) and kind == Size:
        size = parse_size(value)
        return _Match(size) if size else None
    if isinstance(value, list | tuple) and len(value) == len(get_args(kind)):
        return _match_items(value, get_args(kind), tuple)
    return None


def _match_items(values: Any, kinds: tuple[Any, ...], container: Callable[[Iterable[object]], object]) -> _Match | None:
    found = [_match(value, kind) for value, kind in zip(values, kinds, strict=True)]
    matched = [match.value for match in found if match is not None]
    return _Match(container(matched)) if len(matched) == len(found) else None


def _match_scalar(value: Any, kind: type) -> _Match | None:
    if isinstance(value, bool) and kind is not bool:  # True is an int in Python, but not a valid number here
        return None
    if kind is float and isinstance(value, int | float):
        return _Match(float(value))
    return _Match(value) if isinstance(value, kind) else None


def _check_sequence(key: str, values: Any, kind: Any, limits: Mapping[str, Any]) -> None:
    for value in values:
        if not isinstance(value, str):
            _check_range(key, value, limits or {"at_least": 1}, whole=values)
    if limits.get("ascending") and list(values) != sorted(values):
        raise ConfigError(f"{key} must go from the smaller to the larger, got {shown(values)}")


def _check_range(key: str, value: float, limits: Mapping[str, Any], whole: Any = None) -> None:
    got = shown(value if whole is None else whole)
    if not math.isfinite(value):
        raise ConfigError(f"{key} must be a finite number, got {got}")
    if "at_least" in limits and value < limits["at_least"]:
        raise ConfigError(f"{key} must be at least {limits['at_least']:g}, got {got}")
    if "above" in limits and value <= limits["above"]:
        raise ConfigError(f"{key} must be more than {limits['above']:g}, got {got}")
    if "at_most" in limits and value > limits["at_most"]:
        raise ConfigError(f"{key} must be at most {limits['at_most']:g}, got {got}")


_NOUNS = {int: "a whole number", float: "a number", str: "text", bool: "true or false", types.NoneType: '"none"'}


def wanted(kind: Any) -> str:
    """What a value of this type must be, in words: "a whole number or \"none\""."""
    if get_origin(kind) in (Union, types.UnionType):
        return " or ".join(wanted(part) for part in get_args(kind))
    if get_origin(kind) is Literal:
        words = [f'"{word}"' for word in get_args(kind)]
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    if kind == Size:
        return "[height, width] or HEIGHTxWIDTH such as 360x480"
    if get_origin(kind) is tuple:
        return f"{len(get_args(kind))} numbers [from, to]"
    if get_origin(kind) is list:
        return "a list of text" if get_args(kind) == (str,) else "a list of numbers"
    return _NOUNS.get(kind, "a table")


def shown(value: Any) -> str:
    """A value as TOML writes it, but for None."""
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)

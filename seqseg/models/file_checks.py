"""What a model file may say, checked before anything is built from it."""

import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seqseg.errors import ConfigError, ModelError
from seqseg.geometry import resizing_of_card
from seqseg.models.head import check_head, check_output

MOST_CLASSES = 2**16 - 1  # values of the largest masks
LARGEST_SIDE, LARGEST_SIZE = 2**15, 2**28
WIDEST, NO_SIZES = 2**15, ("seed", "card", "shared_object_id")
CONFIG, CONFIG_BYTES, CONFIG_DEPTH = "config.json", 2**25, 200


def require_config(path: Path) -> dict[str, Any]:
    """The configuration in a `.keras` file, which Keras reads without limits of its own.

    Raises:
        ModelError: it is missing, too large, too deep, no json, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if file.getinfo(CONFIG).file_size > CONFIG_BYTES:
                raise ModelError(f"{path} has a {CONFIG} of more than {CONFIG_BYTES >> 20} MiB; copy the file again")
            config = json.loads(file.read(CONFIG))
        if not isinstance(config, dict) or _depth(config) > CONFIG_DEPTH:
            raise ValueError("no model nests so deep")
    except KeyError:
        raise ModelError(f"{path} is not a .keras file: it has no {CONFIG}; give one that seqseg train wrote") from None
    except Exception as error:  # zipfile, zlib and json raise many kinds for what is damaged
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path} has a damaged {CONFIG} ({type(error).__name__}); copy the file again") from error
    widest = max(_numbers(config), default=0)
    if widest > WIDEST:
        raise ModelError(
            f"{path} asks for {str(widest)[:20]} filters, units or the like, at most {WIDEST}; copy it again"
        )
    return config


def _numbers(config: object) -> Iterator[int]:
    """Every whole number of a configuration that could be the size of something."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [below for name, below in one.items() if name not in NO_SIZES]
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int):
            yield one


def _depth(tree: object) -> int:
    """How deep lists and tables are nested."""
    level, depth = [tree], 0
    while level and depth <= CONFIG_DEPTH:
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1
    return depth


def require_card(entries: Mapping[str, Any]) -> None:
    """ModelError unless each entry of a model's card is what a `ModelCard` may hold."""
    if not isinstance(entries, Mapping) or not set(_NEEDED) <= set(entries) <= set(_ENTRIES):
        known = set(_ENTRIES) if isinstance(entries, Mapping) else set()
        strange = sorted(map(str, (set(entries) - known) | (set(_NEEDED) - set(entries)))) if known else ["no table"]
        raise ModelError(
            f"the model's card has other entries than this version of seqseg knows ({', '.join(strange)[:80]}); "
            "load it with the version that wrote it"
        )
    for name, (right, wanted) in _ENTRIES.items():
        if name in entries and not right(entries[name]):
            raise ModelError(f"the model's card has {name} = {str(entries[name])[:60]!r}, not {wanted}; copy it again")
    classes, palette = entries["classes"], entries["palette"]
    if len(palette) != len(classes):
        raise ModelError(f"the model's card has {len(palette)} colours for {len(classes)} classes; copy it again")
    try:
        check_head(entries.get("head", "softmax"), len(classes))
        check_output(entries.get("output", "residual"))
        resizing_of_card(entries.get("fit"), entries.get("size"))
    except (ConfigError, TypeError, ValueError) as error:
        raise ModelError(f"the model's card is not right: {error}") from None


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_scale(value: object) -> bool:
    """[scale, offset], each a number or a list of them."""
    parts = value if isinstance(value, list | tuple) else []
    return len(parts) == 2 and all(
        _is_number(part) or (isinstance(part, list | tuple) and part and all(map(_is_number, part))) for part in parts
    )


def _is_size(value: object) -> bool:
    if value is None:
        return True
    sides = value if isinstance(value, list | tuple) else []
    return (
        len(sides) == 2
        and all(_is_whole(side, 1, LARGEST_SIDE) for side in sides)
        and (sides[0] * sides[1] <= LARGEST_SIZE)
    )


def _is_palette(value: object) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(colour, list | tuple) and len(colour) == 3 and all(_is_whole(part, 0, 255) for part in colour)
        for colour in value
    )


def _are_classes(value: object) -> bool:
    names = value if isinstance(value, list | tuple) else []
    return 1 <= len(names) <= MOST_CLASSES and all(isinstance(name, str) for name in names)


_NEEDED = ("model", "options", "classes", "palette")
_ENTRIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "model": (lambda value: isinstance(value, str), "a name"),
    "options": (lambda value: isinstance(value, Mapping), "a table"),
    "classes": (_are_classes, f"a list of 1 to {MOST_CLASSES} names"),
    "palette": (_is_palette, "a list of [red, green, blue] of 0 to 255"),
    "void": (lambda value: _is_whole(value, 0, 255), "a number from 0 to 255"),
    "channels": (lambda value: _is_whole(value, 1, 64), "a number from 1 to 64"),
    "stack": (lambda value: _is_whole(value, 1, 64), "a number of frames from 1 to 64"),
    "input_scale": (_is_scale, "[scale, offset]"),
    "timesteps": (lambda value: value is None or _is_whole(value, 1, 2**20), "a number of frames"),
    "size": (_is_size, f"[height, width] of at most {LARGEST_SIDE} a side and {LARGEST_SIZE} pixels"),
    "fit": (lambda value: value is None or isinstance(value, Mapping), "a table"),
    "head": (lambda value: isinstance(value, str), "a name"),
    "output": (lambda value: isinstance(value, str), "a name"),
    "condition": (lambda value: _is_whole(value, 0, 2**16), "a length from 0 to 65,536"),
    "l2": (lambda value: _is_number(value) and value >= 0, "a number from 0"),
}

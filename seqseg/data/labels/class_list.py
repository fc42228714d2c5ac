"""The classes of a user's own set: from `classes.txt` or `classes.json` beside the data, else from the label values.

A line of `classes.txt` is `name`, `name value` or `name red green blue`; blank lines and comments after `#` are
skipped. Class i is the i-th line; its value on disk is i by default. Lines called `void` name values or colours that
count as no label; 255 does too unless a class has it. `classes.json` is a list of names, or an object of name -> value,
[red, green, blue] or null.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqseg.data.labels.meaning import ColourLabels, IndexLabels, LabelError, Meaning, ThresholdLabels
from seqseg.data.labels.palette import voc_palette
from seqseg.data.limits import MOST_CLASSES, is_whole, refuse_classes
from seqseg.data.void import VOID
from seqseg.errors import DataError

ONLY_VOID_BESIDE_0 = {0, VOID}
_EXAMPLE = "write one class a line: name, name value, or name red green blue"


@dataclass(frozen=True)
class ClassList:
    """Names and colours (classes, 3) of the classes, the meaning of labels on disk, and a note on its origin."""

    names: tuple[str, ...]
    palette: np.ndarray
    meaning: Meaning
    note: str


def read_class_list(folder: Path) -> ClassList | None:
    """The classes in `folder`'s classes.txt, classes.json or CVAT's labelmap.txt, or None without these files.

    Raises:
        DataError: an invalid line, fewer than two classes, or a class named twice.
    """
    for name, parse in (("classes.txt", _parse_lines), ("classes.json", _parse_json), ("labelmap.txt", _parse_cvat)):
        path = folder / name
        if path.is_file():
            try:
                entries = parse(path.read_text(encoding="utf-8-sig"))
            except (ValueError, OSError) as error:  # json and unicode errors are ValueErrors
                raise DataError(f"cannot read the classes in {path}: {error}; {_EXAMPLE}") from error
            return _class_list(entries, path)
    return None


def foreground_class_list(value: str) -> ClassList:
    """Two classes: label 0 is `background`, and `value`, "any" other, or those above, as ">127", are `object`."""
    names, palette = ("background", "object"), voc_palette(2)
    if value == "any":
        return ClassList(names, palette, _any_foreground, "every label but 0 is the class object")
    if value.startswith(">"):
        return ClassList(
            names, palette, ThresholdLabels(int(value[1:])), f"values above {value[1:]} are the class object"
        )
    meaning = IndexLabels(2, values=(0, int(value)), void=() if int(value) == VOID else (VOID,))
    return ClassList(names, palette, meaning, f"label {value} is the class object")


def read_foreground(value: str) -> str:
    """Reads `foreground=`: the value of the object, "any" but 0, or ">N" for values above N."""
    number = value.removeprefix(">")
    if value != "any" and not (is_whole(number) and (0 if value != number else 1) <= int(number) <= 65535):
        raise ValueError("foreground=N, N from 1 to 65535, foreground=any, or foreground=>N for values above N")
    return value


def infer_class_list(values: Iterable[int], where: str, *, masks: int) -> ClassList:
    """Classes 0…n for label values that are indices; `where` names the data in messages.

    Raises:
        DataError: values that cannot be indices, such as 0 and 255 alone, or a single class.
    """
    values = set(map(int, values))
    if values == ONLY_VOID_BESIDE_0:
        raise DataError(
            f"{where}: its {masks} masks hold only 0 and 255, and 255 means void; "
            f"if 255 is the object, write {where},foreground=255"
        )
    found = sorted(values - {VOID})
    shown = ", ".join(map(str, found[:6])) + (", …" if len(found) > 6 else "")
    if len(found) < 2:
        raise DataError(f"{where}: its {masks} masks hold no two classes, only {shown or 'void'}; label at least two")
    count = found[-1] + 1
    unlike_indices = count > MOST_CLASSES or (count > 32 and len(found) < count / 2)
    if unlike_indices and {0, VOID} <= values and len(found) > 16:
        raise DataError(
            f"{where}: its {masks} masks hold 0, 255 and values between ({shown}), as soft edges do; "
            f"write {where},foreground=>127 to split them there, or list the classes in classes.txt ({_EXAMPLE})"
        )
    if unlike_indices:
        raise DataError(
            f"{where}: labels {shown} do not look like class indices; list their meaning in classes.txt ({_EXAMPLE})"
        )
    note = f"classes 0–{count - 1} are inferred from the values of {masks} masks; classes.txt can name them"
    if count > 32:
        note += "; if they number things rather than name classes, add ,foreground=any to the path"
    return ClassList(tuple(map(str, range(count))), voc_palette(count), IndexLabels(count), note)


def takes_objects_for_void(classes: ClassList, values: Callable[[bool], Iterable[int]]) -> bool:
    """Whether labels hold only 0 and 255 while 255 is void, which would make every object void.

    `values(False)` are the values of a few masks, `values(True)` of all; all are read only if the few hold no others.
    """
    meaning = classes.meaning
    if not isinstance(meaning, IndexLabels) or VOID not in meaning.void:
        return False
    return all(set(values(everything)) == ONLY_VOID_BESIDE_0 for everything in (False, True))


def _any_foreground(values: np.ndarray) -> np.ndarray:
    if values.ndim != 2:
        raise LabelError("holds colours, not labels; use classes.txt (name r g b) instead of foreground=any")
    return np.asarray(values != 0, np.uint8)


def _parse_lines(text: str) -> list[tuple[str, list[int]]]:
    entries = []
    for line in text.splitlines():
        words = line.partition("#")[0].replace(",", " ").split()
        name = [word for word in words if not word.isdecimal()] or words[:1]
        if words:
            entries.append((" ".join(name), [int(word) for word in words[len(name) :]]))
    return entries


def _parse_cvat(text: str) -> list[tuple[str, list[int]]]:
    """CVAT's labelmap.txt: `name:red,green,blue:parts:actions` a line."""
    entries = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, colour, *_ = [*line.rsplit(":", 3), ""]
            entries.append((name, [int(number) for number in colour.split(",")] if colour else []))
    return entries


def _parse_json(text: str) -> list[tuple[str, list[int]]]:
    loaded = json.loads(text)
    if isinstance(loaded, list):
        loaded = [(str(name), None) for name in loaded]
    elif isinstance(loaded, dict):
        loaded = list(loaded.items())
    else:
        raise ValueError("it is neither a list of names nor an object")
    entries = []
    for name, value in loaded:
        numbers = [] if value is None else value if isinstance(value, list) else [value]
        if not all(type(number) is int for number in numbers):
            raise ValueError(f"{name} has {value!r}")
        entries.append((name, numbers))
    return entries


def _class_list(entries: list[tuple[str, list[int]]], path: Path) -> ClassList:
    for name, numbers in entries:
        most = 255 if len(numbers) == 3 else 65535
        if len(numbers) not in (0, 1, 3) or any(not 0 <= number <= most for number in numbers):
            raise DataError(f"{path}: class {name} has the numbers {numbers}; {_EXAMPLE}, each 0 to {most}")
    placed = [(*entry, entry[1][0] if len(entry[1]) == 1 else line) for line, entry in enumerate(entries)]
    classes = [item for item in placed if item[0].lower() != "void"]
    names = tuple(name for name, _, _ in classes)
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError(f"{path} names the classes {', '.join(names[:8]) or 'none'}; give two or more, each once")
    refuse_classes(len(names), str(path))
    palette = voc_palette(len(names))
    for index, (_, numbers, _) in enumerate(classes):
        if len(numbers) == 3:
            palette[index] = numbers
    note = f"classes come from {path}"
    voids = [item for item in placed if item[0].lower() == "void"]
    if any(len(numbers) == 3 for _, numbers, _ in classes):
        void_colours: list[Sequence[int]] = [numbers for _, numbers, _ in voids if len(numbers) == 3]
        return ClassList(names, palette, ColourLabels(palette, void=void_colours), note)
    values = [value for _, _, value in classes]
    if len(set(values)) < len(values):
        raise DataError(f"{path}: two classes have the same value among {values}; {_EXAMPLE}")
    void = {VOID, *(value for _, _, value in voids)} - set(values)
    return ClassList(names, palette, IndexLabels(len(names), void=sorted(void), values=values), note)

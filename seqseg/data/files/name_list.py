"""Lists of image names, one a line, such as the image sets of VOC and SBD."""

import re
from pathlib import Path

from seqseg.data.left_out import STRICT, LeftOut
from seqseg.errors import DataError

_NAME = re.compile(r"(?![A-Za-z]:)[^/\0]+")  # no path, and no drive of Windows
_PAIR_OF_PATHS = re.compile(r"/?JPEGImages/(?P<name>[^/\\]+)\.jpe?g", re.IGNORECASE)  # as in DeepLab's lists


def read_names(file: Path, *, left_out: LeftOut = STRICT) -> tuple[str, ...]:
    """The names in `file`: the first word of every line, or of `/JPEGImages/NAME.jpg` the name.

    Raises:
        DataError: the file is missing or no text, a name with a path, or one given twice.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        there = ", ".join(sorted(path.stem for path in file.parent.glob("*.txt"))) or "none"
        raise DataError(f"the list {file} is not there; the lists there are: {there}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {file}: {error}; it must be UTF-8 text, one name a line") from None
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        word = line.split()[0].replace("\\", "/")  # written on Windows
        pair = _PAIR_OF_PATHS.fullmatch(word)
        name = pair["name"] if pair else word
        if not _NAME.fullmatch(name) or name in (".", ".."):
            left_out.add(DataError(f"{file}, line {number}: {word!r} is no plain name; give names without a path"))
        elif name in lines:
            left_out.add(DataError(f"{file} names {name} twice, in lines {lines[name]} and {number}; take one out"))
        else:
            lines[name] = number
    if not lines:
        raise DataError(f"the list {file} names nothing; give one name a line")
    return tuple(lines)

"""Names of files: those of several streams, and those of the parts that a change of size makes."""

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

LONGEST = 60  # characters of a stream's name that go into a file's name
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}  # on Windows


def name_in_short(name: str) -> str:
    """The short name of a stream that reads this file or folder: `front` for /data/front.mp4, `front 2` for its second.

    Other names stay as they are.

    >>> name_in_short("rtsp://door:554/main"), name_in_short("camera 0")
    ('rtsp://door:554/main', 'camera 0')
    """
    counted = re.fullmatch(r"(.*) \d+", name, re.DOTALL)
    plain, number = (counted[1], name[len(counted[1]) :]) if counted else (name, "")
    path, number = (Path(name), "") if Path(name).exists() else (Path(plain), number)
    if not path.exists():
        return name
    return (path.name if path.is_dir() else path.stem) + number


def name_for_files(name: str, taken: Collection[str] = ()) -> str:
    """The stream's name as part of a file's name: letters, digits, dot, dash and underscore only.

    Names in `taken` (in small letters) get a number.

    >>> name_for_files("rtsp://door:554/main view")
    'rtsp-door-554-main-view'
    >>> name_for_files("Café", taken={"cafe"})
    'Cafe-2'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)[:LONGEST].strip("-._") or "stream"
    safe = f"{safe}-stream" if safe.partition(".")[0].lower() in RESERVED else safe
    unique, number = safe, 1
    while unique.lower() in taken:
        number += 1
        unique = f"{safe}-{number}"
    return unique


def with_name(path: str | Path, name: str) -> Path:
    """The file's path with the stream's name in it.

    >>> str(with_name("clips/out.mp4", "door"))
    'clips/out-door.mp4'
    """
    path = Path(path)
    return path.with_name(f"{path.stem}-{name}{path.suffix}")


def numbered(path: Path, number: int) -> Path:
    """The path of the nth file of several that follow each other: out.mp4, out-2.mp4, out-3.mp4."""
    return path if number == 1 else with_name(path, str(number))

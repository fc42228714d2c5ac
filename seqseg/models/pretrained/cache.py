"""The folder of pulled files: each under a name that every command knows, with the sha256 that it must have."""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from seqseg.errors import ConfigError, ModelError
from seqseg.files import replacing, sha256_of

SUFFIXES = (".weights.h5", ".keras", ".h5", ".pth", ".pt")
"""Of the files that are kept: models, and weights of encoders."""


@dataclass(frozen=True)
class Entry:
    """One pulled file.

    Attributes:
        name: what commands call it.
        file: its name in the cache folder.
        sha256: of the file.
        bytes: its size.
        origin: where it came from, without user name and password.
    """

    name: str
    file: str
    sha256: str
    bytes: int
    origin: str


def cache_folder() -> Path:
    """$SEQSEG_CACHE, else `seqseg` in the user's cache folder; it need not exist."""
    if given := os.environ.get("SEQSEG_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqseg"


def entries() -> list[Entry]:
    """What was pulled, by name."""
    return [_read(path) for path in sorted(cache_folder().glob("*.json"))]


def cached(name: str) -> Path | None:
    """The file that was pulled under `name`, checked; None when there is none.

    Raises:
        ModelError: it is not the file that was pulled, or gone.
    """
    about = cache_folder() / f"{name}.json"
    if not is_name(name) or not about.is_file():
        return None
    entry = _read(about)
    path = cache_folder() / entry.file
    came = sha256_of(path) if path.is_file() else "no file"
    if came != entry.sha256:
        raise ModelError(
            f"{path} has changed since it was pulled: expected sha256 {entry.sha256}, got {came}; pull it again: "
            f"seqseg pull {entry.origin} --name {name} --sha256 {entry.sha256}"
        )
    return path


def keep(path: Path, *, name: str, suffix: str, origin: str, move: bool = False) -> Entry:
    """Put a file into the cache under a name; it takes the place of what had that name.

    Args:
        path: of the file.
        name, suffix, origin: see `Entry` and `SUFFIXES`.
        move: move the file, which is in the cache folder already, instead of copying it.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    entry = Entry(checked_name(name), f"{name}{suffix}", sha256_of(path), path.stat().st_size, origin)
    if move:
        os.replace(path, folder / entry.file)
    else:
        with path.open("rb") as source, replacing(folder / entry.file) as target:
            shutil.copyfileobj(source, target)
    with replacing(folder / f"{name}.json") as file:  # last: with it, the file has its name
        file.write((json.dumps(asdict(entry), indent=2) + "\n").encode())
    return entry


def is_name(text: str) -> bool:
    """Whether a text may be a name in the cache: letters, digits, "-", "_" and "."."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text) is not None


def checked_name(name: str) -> str:
    """`name`, which is one.

    Raises:
        ConfigError: it is not.
    """
    if not is_name(name):
        raise ConfigError(f"a name holds letters, digits, -, _ and . and begins with a letter or digit, got {name!r}")
    return name


def suffix_of(file: str) -> str:
    """Which of `SUFFIXES` a file's name ends in.

    Raises:
        ConfigError: none of them.
    """
    for suffix in SUFFIXES:
        if file.lower().endswith(suffix):
            return suffix
    raise ConfigError(f"{file} is no model or weights file; those end in {', '.join(SUFFIXES)}")


def _read(path: Path) -> Entry:
    try:
        entry = Entry(**json.loads(path.read_text("utf-8")))
        if not is_name(entry.file) or not isinstance(entry.sha256, str):
            raise ValueError("its file is no name")
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} is damaged ({error}); remove it and pull {path.stem} again") from None
    return entry

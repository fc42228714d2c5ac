"""The contents of folders, listed in one pass: 100,000 files take well under a second."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from seqseg.data.sequences import LazySequence
from seqseg.errors import DataError
from streams.sources.images import is_hidden, natural_key


class Files(LazySequence[Path | None]):
    """Files of one folder as a lazy sequence of paths: making 100,000 paths takes longer than listing them.

    None is a missing file.

    Example:
        >>> files = Files("frames", ["1.png", None])
        >>> files[0].name, files[1], files.present
        ('1.png', None, (True, False))
    """

    def __init__(self, folder: str | Path, names: Iterable[str | None]):
        self.folder, self.names = Path(folder), tuple(names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> Path | None:
        name = self.names[index]
        return None if name is None else self.folder / name

    @property
    def present(self) -> tuple[bool, ...]:
        """Which files exist."""
        return tuple(name is not None for name in self.names)


def files_in(folder: str | Path, suffixes: Iterable[str]) -> list[Path]:
    """The files in `folder` with one of the lower-case suffixes, in natural order; none if it is not a folder.

    Raises:
        DataError: the folder may not be read.
    """
    return [Path(folder) / name for name in names_in(folder, suffixes)]


def names_in(folder: str | Path, suffixes: Iterable[str]) -> list[str]:
    """The names of `files_in`; broken links and pipes are among them, so that reading them gives an error."""
    wanted = tuple(suffixes)
    entries = (one for one in _entries(folder) if one.name.lower().endswith(wanted) and not is_hidden(one.name))
    return sorted((entry.name for entry in entries if not _is(entry.is_dir)), key=natural_key)


def folders_in(folder: str | Path) -> list[Path]:
    """The folders in `folder`, in natural order; none if it is not a folder."""
    there = (Path(one.path) for one in _entries(folder) if _is(one.is_dir) and not is_hidden(one.name))
    return sorted(there, key=natural_key)


def folders_below(root: str | Path) -> Iterator[Path]:
    """`root` and every folder below it, following links; each folder once, so that circular links end."""
    waiting: list[Path] = [Path(root)]
    seen: set[str] = set()
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real not in seen:
            seen.add(real)
            yield folder
            waiting += reversed(folders_in(folder))


def readable_name(name: str) -> str:
    """A file's name as valid UTF-8 text, also when its bytes are not."""
    return os.fsencode(name).decode("utf-8", "replace")


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a link to itself
        return False


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"cannot list {folder}: {error.strerror or error}; check its permissions") from error

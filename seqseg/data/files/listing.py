"""What lies in folders, told in one pass without asking after each file: 100,000 take well under a second."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from seqseg.data.files.decoding import natural_key
from seqseg.errors import DataError


class Files(Sequence):
    """Files of one folder as a lazy sequence of paths, as making 100,000 paths takes longer than finding them.

    A name that is None is a file that is not there.

    Example:
        >>> files = Files("frames", ["1.png", None])
        >>> files[0].name, files[1], files.present
        ('1.png', None, (True, False))
    """

    def __init__(self, folder: str | Path, names: Iterable[str | None]):
        self.folder, self.names = Path(folder), tuple(names)

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        name = self.names[index]
        return None if name is None else self.folder / name

    @property
    def present(self) -> tuple[bool, ...]:
        """Which files are there."""
        return tuple(name is not None for name in self.names)


def files_in(folder: str | Path, suffixes: Iterable[str]) -> list[Path]:
    """The files in `folder` that end in one of the lower-case suffixes, in natural order; none where it is no folder.

    Raises:
        DataError: the folder may not be read.
    """
    return [Path(folder) / name for name in names_in(folder, suffixes)]


def names_in(folder: str | Path, suffixes: Iterable[str]) -> list[str]:
    """The names of `files_in`; a link to nothing or a pipe is among them, so that reading it says what is wrong."""
    wanted = tuple(suffixes)
    entries = (entry for entry in _entries(folder) if entry.name.lower().endswith(wanted))
    return sorted((entry.name for entry in entries if not _is(entry.is_dir)), key=natural_key)


def folders_in(folder: str | Path) -> list[Path]:
    """The folders in `folder`, in natural order; none where it is no folder."""
    return sorted((Path(entry.path) for entry in _entries(folder) if _is(entry.is_dir)), key=natural_key)


def folders_below(root: str | Path) -> Iterator[Path]:
    """`root` and every folder below it, links followed, but each folder once, so that links in a circle end."""
    waiting, seen = [Path(root)], set()
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real not in seen:
            seen.add(real)
            yield folder
            waiting += reversed(folders_in(folder))


def readable_name(name: str) -> str:
    """A file's name as text that can be printed and written, whatever bytes it was made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a link to itself is neither file nor folder
        return False


def _entries(folder: str | Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise DataError(f"cannot look into {folder}: {error.strerror or error}; check its permissions") from error

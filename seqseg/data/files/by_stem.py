"""The files of a folder by stem: one listing in place of a disk access for each file."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from seqseg.data.files.listing import names_in


class FolderFiles:
    """The files of one folder with one of the suffixes, in any case; the folder is listed once, on first use."""

    def __init__(self, folder: Path, suffixes: Sequence[str]):
        self.folder, self.suffixes = folder, tuple(suffixes)

    def find(self, name: str) -> Path | None:
        """The file `name` plus a suffix, trying the suffixes in order."""
        there = (self._there.get((name, suffix)) for suffix in self.suffixes)
        return next((self.folder / found for found in there if found), None)

    def stems(self) -> list[str]:
        """The stems of all files with one of the suffixes, sorted."""
        return sorted({stem for stem, _ in self._there})

    def expected(self, name: str) -> Path:
        """Where the file should be."""
        return self.folder / (name + self.suffixes[0])

    @cached_property
    def _there(self) -> dict[tuple[str, str], str]:
        """The names by stem and suffix."""
        return {
            (name[: -len(suffix)], suffix): name
            for name in names_in(self.folder, map(str.lower, self.suffixes))
            for suffix in self.suffixes
            if name.lower().endswith(suffix.lower())
        }

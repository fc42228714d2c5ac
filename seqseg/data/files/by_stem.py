"""The files of a folder by stem: one listing in place of a disk access for each file."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path


class FolderFiles:
    """The files of one folder with one of the suffixes; the folder is listed once, on first use."""

    def __init__(self, folder: Path, suffixes: Sequence[str]):
        self.folder, self.suffixes = folder, tuple(suffixes)

    def find(self, name: str) -> Path | None:
        """The file `name` plus a suffix, trying the suffixes in order."""
        return next((self.folder / (name + suffix) for suffix in self.suffixes if name + suffix in self._there), None)

    def stems(self) -> list[str]:
        """The stems of all files with one of the suffixes, sorted."""
        cut = (name.removesuffix(suffix) for name in self._there for suffix in self.suffixes if name.endswith(suffix))
        return sorted(set(cut))

    def expected(self, name: str) -> Path:
        """Where the file should be."""
        return self.folder / (name + self.suffixes[0])

    @cached_property
    def _there(self) -> frozenset[str]:
        return frozenset(os.listdir(self.folder)) if self.folder.is_dir() else frozenset()

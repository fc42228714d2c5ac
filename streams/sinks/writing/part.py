"""Files that get their names when they are complete."""

import os
from pathlib import Path

from streams.errors import SinkError


class PartFile:
    """A file that is written as `out.part.mp4` beside `out.mp4`, and takes its place when it is finished.

    An older file stays until then. A part that a killed run left behind is kept: the new one is `out.part-2.mp4`, and
    `left_behind` names the old one. Devices and pipes are written directly.

    >>> part = PartFile("masks.csv")
    >>> part.target.name, part.path.name
    ('masks.csv', 'masks.part.csv')
    """

    def __init__(self, path: str | Path) -> None:
        self.target = Path(path)
        self.left_behind: Path | None = None
        self._direct = self.target.exists() and not (self.target.is_file() or self.target.is_dir())
        if not self._direct and self.target.is_symlink():
            self.target = self.target.resolve()  # or the link would be replaced instead of its target
        self.path = self.target if self._direct else part_of(self.target)

    def begin(self) -> Path:
        """Makes the part, empty, and gives its path; OSError where that cannot be."""
        number = 1
        while not self._direct:
            self.path = part_of(self.target, number)
            try:
                self.path.open("xb").close()
                break
            except FileExistsError:
                self.left_behind = self.path
                number += 1
        return self.path

    def finish(self) -> None:
        """The part takes the place of the file, once all of it is on the disk."""
        if self._direct:
            return
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(self.path, self.target)
            _keep_names(self.target.parent)
        except OSError as error:
            raise SinkError(
                f"{self.target} cannot be finished: {error.strerror}; what was written is in {self.path}"
            ) from error

    def abandon(self) -> None:
        """After a failure: removes a part that is empty."""
        if not self._direct and self.path.is_file() and not self.path.stat().st_size:
            self.path.unlink()

    def warning(self) -> list[str]:
        """A warning about the part of an earlier run, if there is one."""
        if self.left_behind is None:
            return []
        return [f"{self.left_behind} is what an earlier run wrote before it was killed; it was kept"]


def write_whole(path: Path, content: bytes, *, kept: str) -> None:
    """Writes a small file that appears whole or not at all; SinkError that says what is `kept` where it cannot be."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SinkError(f"{path} cannot be written: {error.strerror}; {kept}") from error


def part_of(target: Path, number: int = 1) -> Path:
    """The name of a file while it is written.

    >>> part_of(Path("out.mp4")).name, part_of(Path("out.mp4"), 2).name
    ('out.part.mp4', 'out.part-2.mp4')
    """
    count = f"-{number}" if number > 1 else ""
    return target.with_name(f"{target.stem}.part{count}{target.suffix}")


def free_part(target: Path) -> Path:
    """The first such name that no file has."""
    number = 1
    while (path := part_of(target, number)).exists():
        number += 1
    return path


def _keep_names(folder: Path) -> None:
    """Writes the folder's list of names to disk, where the system has that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

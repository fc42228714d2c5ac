"""One rule for everything that a command writes, decided before any work."""

import glob
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seqseg.cli.console.claims import claimed
from seqseg.errors import ConfigError

# The files of a run folder; outputs of other commands may be in it, but not replace these.
RUN_FILES = (
    "config.toml", "log.txt", "metrics.csv", "best.keras", "last.keras", "state.npz", "environment.json",
    "left_out.txt", "screening.json",
)  # fmt: skip
MEDIA = (
    ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .wmv .flv .gif .png .apng .jpg .jpeg .bmp .tif .tiff .webp .avif "
    ".jp2 .pgm .ppm .mjpeg .mjpg .m2ts .mts .3gp .ogv .h264 .h265 .y4m"
).split()
FILE_SUFFIXES = (
    *MEDIA,
    *".npz .npy .zip .gz .json .jsonl .csv .txt .toml .keras .h5 .onnx .tflite .xml .html .pdf .mat .wav .mp3".split(),
)  # a folder is not called so, unless it is there already


@dataclass(frozen=True, slots=True)
class Output:
    """A file, or a folder, that a command writes. `option` is its name in messages; `beside` are files next to it."""

    option: str
    path: Path
    folder: bool = False
    beside: tuple[Path, ...] = ()


@dataclass(slots=True)
class Outputs:
    """What a command reads and writes. `check` raises ConfigError where one would destroy the other, or cannot be.

    An output may not be a file that is read, belongs to the run or the data set, or is another output: by the identity
    of the file, links included. Its suffix must be one that can be written, and its folder must be writable.

    Example:
        >>> outputs = Outputs()
        >>> outputs.reads("movie.mp4", "what --source reads")
        >>> outputs.writes("--report", "movie.mp4")
        >>> outputs.check()
        Traceback (most recent call last):
        seqseg.errors.ConfigError: --report movie.mp4 is what --source reads; give the output another name
    """

    _read: list[tuple[Path, str]] = field(default_factory=list)
    _media_of: set[Path] = field(default_factory=set)  # folders of which movies and pictures alone are read
    _written: list[Output] = field(default_factory=list)

    def reads(self, path: str | Path, what: str, *, media: bool = False) -> None:
        """A file that is read, a folder whose files are, or a pattern. Anything else is no file and cannot be lost.

        media: of a folder, only movies and pictures are read; other files in it may be replaced.
        """
        text = str(path)
        if not text:
            return
        if media:
            self._media_of.add(Path(text))
        if any(letter in text for letter in "*?[") and not os.path.exists(text):
            self._read += [(Path(found), what) for found in glob.iglob(text, recursive=True)]
        else:
            self._read.append((Path(text), what))

    def run(self, path: str | Path, what: str = "part of the run") -> None:
        """A run folder, or a model file: the files that belong to it may not be replaced."""
        where = Path(path)
        if where.is_dir():
            self._read += [(where / name, what) for name in RUN_FILES]
            if not (where / "config.toml").exists():  # an exported folder
                self._read.append((where, what))
        else:
            self._read.append((where, what))
            if where.name:  # what an export has beside it
                self._read += [(where.with_name(f"{where.name}.json"), what), (where.with_suffix(".bin"), what)]

    def data(self, source: str | None) -> None:
        """The data sets `kind:path,option=… + kind:path`; what their paths hold may not be replaced."""
        from seqseg.data.spec import source_paths  # also reads quotes, and commas in names

        for path in source_paths(source or ""):
            self.reads(path, "part of the data set")
            if path.is_file():  # a list, or annotations; the pictures are beside it
                self.reads(path.parent, "part of the data set", media=True)

    def writes(
        self,
        option: str,
        path: str | Path | None,
        *,
        suffixes: Sequence[str] = (),
        folder: bool = False,
        beside: Iterable[str | Path] = (),
    ) -> None:
        """An output; None is none. `suffixes`: those that can be written. ConfigError for another one."""
        if path is None:
            return
        path = Path(path)
        suffix = path.suffix.lower()
        if not folder and suffixes and suffix not in suffixes and not _is_device(path):
            kind = suffix or "a file without a suffix"
            named = [possible for possible in suffixes if possible]
            raise ConfigError(f"{option} {path} cannot be written as {kind}; it must end in {_listed(named)}")
        if folder and suffix in FILE_SUFFIXES and not path.is_dir():
            advice = f"it must end in {_listed(suffixes)}, or be a folder" if suffixes else "give the name of a folder"
            raise ConfigError(f"{option} {path} cannot be written as {suffix}; {advice}")
        self._written.append(Output(option, path, folder, tuple(map(Path, beside))))

    def check(self) -> None:
        """ConfigError for the first output that is not right. Nothing is left behind."""
        for output in self._written:
            self._require_kind(output)
            self._refuse_read(output)
        self._refuse_twins()
        for output in self._written:
            prove_writable(output.path if output.folder else output.path.parent, output.option)

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Checks the outputs, and keeps other runs from writing them while the block runs."""
        self.check()
        with claimed((output.option, output.path) for output in self._written if not _is_device(output.path)):
            yield

    def _require_kind(self, output: Output) -> None:
        path = output.path
        if output.folder and path.exists() and not path.is_dir():
            raise ConfigError(f"{output.option} {path} is a file; give the name of a folder")
        if not output.folder and path.is_dir():
            raise ConfigError(f"{output.option} {path} is a folder; give the name of a file to write")
        if not output.folder and path.exists() and not os.access(path, os.W_OK):
            raise ConfigError(f"{output.option} {path} may not be written; check its permissions")

    def _refuse_read(self, output: Output) -> None:
        for path in (output.path, *output.beside):
            mine = identity(path)
            for read, what in self._read:
                if mine == identity(read) or self._is_read_with(path, read):
                    raise ConfigError(f"{output.option} {path} is {what}; give the output another name")

    def _is_read_with(self, path: Path, folder: Path) -> bool:
        """Whether a file, or pictures of a folder, are read because they lie in a folder that is."""
        if not path.exists() or not folder.is_dir() or not _lies_in(path, folder):
            return False
        if path.is_dir():
            return folder not in self._media_of and any(file.suffix.lower() in MEDIA for file in path.iterdir())
        return folder not in self._media_of or path.suffix.lower() in MEDIA

    def _refuse_twins(self) -> None:
        seen: dict[object, str] = {}
        for output in self._written:
            for path in (output.path, *output.beside):
                if _is_device(path):
                    continue
                first = seen.setdefault(identity(path), output.option)
                if first != output.option:
                    raise ConfigError(f"two outputs go to {path}: {first} and {output.option}; give each its own name")


def identity(path: Path) -> tuple[int, int] | Path:
    """What two paths have in common if they lead to one file, by links too; one that does not exist is its place."""
    real = os.path.realpath(path)
    try:
        facts = os.stat(real)
    except (OSError, ValueError):
        return Path(real)
    return facts.st_dev, facts.st_ino


def prove_writable(folder: Path, option: str) -> None:
    """ConfigError unless files can be made in the folder, or in one that can be made there. Leaves nothing behind."""
    made: list[Path] = []
    try:
        missing = [parent for parent in (folder, *folder.parents) if not parent.is_dir()]
        for parent in reversed(missing):
            parent.mkdir()
            made.append(parent)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        broken = next((link for link in (folder, *folder.parents) if link.is_symlink() and not link.exists()), None)
        reason = f"{broken} is a link to nowhere" if broken else getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{option} cannot be written in {folder}: {reason}; give another place") from None
    finally:
        for parent in reversed(made):
            parent.rmdir()


def _is_device(path: Path) -> bool:
    """Whether it is a device or a pipe, which holds nothing that could be lost."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _lies_in(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(folder)) in Path(os.path.realpath(path)).parents


def _listed(suffixes: Sequence[str]) -> str:
    return suffixes[0] if len(suffixes) == 1 else f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"

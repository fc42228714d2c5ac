"""The movies and picture sequences that PATH… of `seqseg segment` name."""

import glob
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from seqseg.cli.console.outputs import identity
from seqseg.errors import ConfigError
from seqseg.offline.jobs import Job, named

if TYPE_CHECKING:
    from streams import Source


def find_jobs(texts: Iterable[str], *, out: str) -> list[Job]:
    """All sources, each once and under its own name, sorted by place.

    A movie is a source; so are the pictures of a folder, and the pictures of one folder that are given one by one.
    Folders are searched to the bottom, without hidden ones and without `out`.

    Raises:
        ConfigError: a path is not there, is an address, or holds neither movies nor pictures.
    """
    from streams.sources.images import is_image, is_pattern, natural_key
    from streams.sources.reading.addresses import is_address

    found: list[Job] = []
    loose: dict[Path, list[str]] = {}  # pictures given one by one, by their folder
    for text in texts:
        if is_address(text) or text == "-":
            raise ConfigError(f"{text} is no file; seqseg segment takes files and folders, seqseg stream live sources")
        if is_pattern(text) and not os.path.exists(text):
            paths = [Path(match) for match in sorted(glob.glob(text, recursive=True), key=natural_key)]
        else:
            paths = [Path(text)]
        if not paths or not all(path.exists() for path in paths):
            raise ConfigError(f"{text} is not there; give movies, pictures, or folders of them")
        for path in paths:
            if path.is_dir():
                inside = list(_in_folder(path, identity(Path(out))))
                if not inside:
                    raise ConfigError(f"{text} holds neither movies nor pictures; give a folder that does")
                found += inside
            elif is_image(path):
                loose.setdefault(path.parent, []).append(str(path))
            else:
                found.append(Job("", str(path)))
    found += [_pictures(folder, files) for folder, files in loose.items()]
    once = {(identity(Path(job.path)), job.pictures): job for job in found}
    return named(sorted(once.values(), key=lambda job: natural_key(job.path)))


def count_frames(job: Job) -> int | None:
    """How many frames the source says that it has; None where it does not, or cannot be opened."""
    from streams.errors import StreamError

    try:
        with source_of(job, fps=25) as source:
            return source.length
    except (StreamError, OSError):
        return None


def source_of(
    job: Job, *, fps: float, deinterlace: bool = False, begin: str | None = None, end: str | None = None
) -> "Source":
    """The source of a job, not yet open: all of a chunk, or what is between two times in exact seconds."""
    from streams import ImageSource, MovieSource

    start, stop = (Fraction(text) if text else None for text in (begin or job.begin, end or job.end))
    if job.kind == "movie":
        return MovieSource(job.path, start=start, end=stop, deinterlace=deinterlace)
    return ImageSource(job.pictures or job.path, fps=fps, start=start, end=stop)  # type: ignore[arg-type]


def _in_folder(top: Path, out: object) -> Iterator[Job]:
    """The movies and picture folders under `top`; links are followed, in a circle once."""
    from streams.sources.images import is_hidden, is_image, natural_key
    from streams.sources.opening import MOVIES

    seen: set[object] = set()
    for folder, folders, names in os.walk(top, followlinks=True):
        here = Path(folder)
        folders[:] = sorted(
            (name for name in folders if not name.startswith(".") and _is_new(here / name, seen, out)), key=natural_key
        )
        files = sorted((here / name for name in names if not is_hidden(name)), key=natural_key)
        movies = [file for file in files if file.suffix.lower() in MOVIES]
        pictures = [file for file in files if is_image(file) and file not in movies]
        if pictures:  # GIF files count as movies
            listed = tuple(map(str, pictures)) if any(is_image(movie) for movie in movies) else ()
            yield Job("", str(here), "pictures", listed)
        yield from (Job("", str(movie)) for movie in movies)


def _is_new(folder: Path, seen: set[object], out: object) -> bool:
    mine = identity(folder)
    if mine in seen or mine == out:
        return False
    seen.add(mine)
    return True


def _pictures(folder: Path, files: list[str]) -> Job:
    """Pictures that were given one by one: one alone is named after itself, several after their folder."""
    return Job("", files[0] if len(files) == 1 else str(folder), "pictures", tuple(files))

"""The sources of an offline run, each under a name of its own, and which of them a shard takes."""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seqseg.errors import ConfigError

SUMMARY = "segment.json"
_LONGEST = 120  # characters of a name, which becomes a folder's


@dataclass(frozen=True, slots=True)
class Job:
    """One source: a movie, or the pictures of a folder.

    Attributes:
        name: its own among all sources of the run; the name of its folder under --out.
        path: of the movie, or of the folder of the pictures.
        pictures: the files of a sequence that was given picture by picture; empty for all of the folder.
        kind: "movie" or "pictures".
        into: of a chunk, the folder of its folder; that of the run otherwise.
        begin, end: of a chunk, exact seconds from the source's beginning; empty where it has none.
        enter: of a chunk, the seconds from which frames before `begin` move the memory on.
        state: of a chunk, the file of the state that it begins with. `keep`: where its last state goes.
    """

    name: str
    path: str
    kind: str = "movie"
    pictures: tuple[str, ...] = ()
    into: str = ""
    begin: str = ""
    end: str = ""
    enter: str = ""
    state: str = ""
    keep: str = ""

    @property
    def span(self) -> dict[str, str | bool]:
        """What makes a chunk's results differ from the whole source's; empty for the whole."""
        return (
            {"begin": self.begin, "end": self.end, "enter": self.enter, "exact": bool(self.keep)} if self.begin else {}
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count` (from 1) of all sources: every count-th of the list, sorted by name.

    >>> Shard.parse("3/16")
    Shard(index=3, count=16)
    """

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """From `i/n`. ConfigError for anything else."""
        match = re.fullmatch(r"(\d+)/(\d+)", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ConfigError(f'--shard must be I/N with I from 1 to N, such as 3/16, got "{text}"')
        return cls(int(match[1]), int(match[2]))

    def of(self, jobs: Sequence[Job]) -> list[Job]:
        """The sources of this shard. Each source is in exactly one shard; the order of `jobs` makes no difference."""
        return sorted(jobs, key=lambda job: job.name)[self.index - 1 :: self.count]


def named(sources: Iterable[Job]) -> list[Job]:
    """The sources with names that differ, also where upper and lower case do not count; in their order.

    A name is that of the file without its suffix. Sources that would share one get the name of their folder before
    theirs, then their suffix behind it, then a few digits of the path's sha256: the same for the same list of sources.

    >>> [job.name for job in named([Job("", "x/a.mp4"), Job("", "y/a.mp4"), Job("", "y/b.mp4")])]
    ['x-a', 'y-a', 'b']
    """
    jobs = list(sources)
    levels = [0] * len(jobs)
    while True:
        names = [_name(job, level) for job, level in zip(jobs, levels, strict=True)]
        often = Counter(name.lower() for name in names)
        often[SUMMARY] += 1
        clashing = [number for number, name in enumerate(names) if often[name.lower()] > 1 and levels[number] < _LAST]
        if not clashing:
            return [replace(job, name=name) for name, job in zip(names, jobs, strict=True)]
        for number in clashing:
            levels[number] += 1


_LAST = 3


def _name(job: Job, level: int) -> str:
    path = Path(os.path.abspath(job.path))
    stem, suffix = (path.name, "") if job.kind == "pictures" else (path.stem, path.suffix.removeprefix("."))
    name = stem
    if level:
        name = f"{path.parent.name}-{name}"
    if level > 1 and suffix:
        name = f"{name}-{suffix}"
    name = name.lstrip(".")[:_LONGEST] or "source"  # names with a dot before them are this package's own
    if level == _LAST:
        name += f"-{hashlib.sha256(os.fsencode(str(path))).hexdigest()[:8]}"
    return name

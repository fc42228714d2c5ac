"""A journal read back: the same frames, times, batches and resets again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from streams.errors import SourceError
from streams.frame import Frame
from streams.gaps import StateChange
from streams.journal.reading import CLOSED, Entry, read_journal
from streams.sinks.writing.naming import numbered
from streams.sources.movie import MovieSource
from streams.sources.source import Source


@dataclass(slots=True)
class Replay:
    """A journal read back.

    facts: its first line. streams: the frames of each stream by name. events: the other lines.

    Example:
        >>> replay = Replay.read("live.jsonl")
        >>> for name in replay.streams:
        ...     source = replay.source(name, open_source(f"{name}.mkv"))
        ...     engine.attach(source, sinks[name], name=name, continuity=replay.continuity(name))
        >>> engine.run(plan=replay.plan)
    """

    facts: dict[str, Any]
    streams: dict[str, list[Entry]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    plan: list[list[str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> "Replay":
        """The journal at `path`, see `read_journal`."""
        lines = read_journal(Path(path))
        facts = next(lines)
        replay = cls(facts if isinstance(facts, dict) else {})
        for line in lines:
            replay._add(line)
        return replay

    def source(self, name: str, recording: Source) -> Source:
        """The recording of the stream's frames, with the journal's times, epochs and gaps.

        Frames of another size are in the recording's next file, `frames-2.mkv`, which is opened when it is reached.
        """
        return ReplayedSource(name, recording, self.streams[name])

    def continuity(self, name: str) -> "Replayed":
        """What happened to the state, for `Engine.attach`."""
        return Replayed(self.streams[name])

    def _add(self, line: dict[str, Any] | Entry) -> None:
        if isinstance(line, dict):
            if line["event"] == CLOSED:
                return
            self.events.append(line)
            if line["event"] == "attached":
                self.streams.setdefault(line["stream"], [])
            return
        self.streams.setdefault(line.stream, []).append(line)
        if len(self.plan) < line.batch:
            self.plan.append([])
        self.plan[line.batch - 1].append(line.stream)


class Replayed:
    """Judges frames as they were judged when the journal was written."""

    def __init__(self, entries: list[Entry]) -> None:
        self.rate: Fraction | None = None
        self.on_gap = "as in the journal"
        self._changes = iter([entry.change for entry in entries])

    def judge(self, frame: Frame, *, asked: bool = False) -> StateChange:
        change = next(self._changes)
        return change._replace(fresh=change.fresh or "asked") if asked else change


class ReplayedSource(Source):
    """The pictures of a recording and its next files, with a journal's times, epochs and gaps."""

    def __init__(self, name: str, recording: Source, entries: list[Entry]) -> None:
        super().__init__(name)
        self._first, self._recording, self._entries = recording, recording, entries
        self._file = 1
        self.length = len(entries)

    def open(self) -> None:
        self._file = 1
        self._turn_to(self._first)
        self.size, self.paths = self._recording.size, self._recording.paths

    def frames(self) -> Iterator[Frame]:
        pictures = iter(self._recording)
        for number, entry in enumerate(self._entries):
            picture = next(pictures, None)
            if picture is None and number and entry.size is not None and self.paths:
                pictures = self._pictures_of_next_file()
                picture = next(pictures, None)
            if picture is None:
                raise SourceError(
                    f"{self._recording.name} ends after {number} frames, the journal has {len(self._entries)} of "
                    f'"{self.name}"; give the recording that was made with this journal'
                )
            if entry.size is not None and entry.size != picture.image.shape[:2]:
                raise SourceError(
                    f"{self._recording.name}: frame {number} is of {picture.image.shape[:2]}, the journal has "
                    f'{entry.size} of "{self.name}"; give the recording that was made with this journal'
                )
            yield Frame(
                picture.image,
                entry.pts,
                entry.index,
                self.name,
                entry.epoch,
                entry.gap,
                entry.duration,
                entry.time_base,
                name=entry.name,
                aspect=picture.aspect,
            )

    def close(self) -> None:
        self._recording.__exit__(None, None, None)

    def _pictures_of_next_file(self) -> Iterator[Frame]:
        self._file += 1
        self.close()
        self._turn_to(MovieSource(numbered(self.paths[0], self._file)))
        return iter(self._recording)

    def _turn_to(self, recording: Source) -> None:
        self._recording = recording
        recording.measure(self.meter)
        recording.__enter__()

"""A journal of a run, from which it can be replayed: what was delivered, when states began afresh, what was dropped."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING

from streams.errors import SinkError, SourceError
from streams.frame import Frame
from streams.gaps import Passage
from streams.sinks.writing.naming import numbered
from streams.sources.movie import MovieSource
from streams.sources.source import Source

if TYPE_CHECKING:
    from streams.engine.stream import Stream

VERSION = 1


class Journal:
    """JSON lines, each on disk (but for the system's own cache) as soon as what it tells has happened.

    The first holds `facts` about the run. A frame's line: "stream", "pts" (an exact fraction of seconds), "index",
    "epoch", "gap", "batch" (which one it was segmented in) and, where they are not nothing, "fresh" (why the state
    began afresh), "missing", "factor" (what the state was multiplied by), "dropped" (by cause, since the line before),
    "duration", "time_base"; and "size" (h, w) where it is not that of the stream's frame before. Other lines have an
    "event": attached, paused, resumed, ended, failed.
    """

    def __init__(self, path: str | Path, facts: dict | None = None) -> None:
        self.path, self._facts = Path(path), facts or {}
        self._file: IO[str] | None = None
        self._lock = threading.Lock()  # streams are attached and paused from any thread
        self._dropped: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, list[int]] = {}

    def __enter__(self) -> "Journal":
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="\n", buffering=1)
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written: {error.strerror}") from error
        self._write({"journal": VERSION, "begun": time.strftime("%Y-%m-%dT%H:%M:%S%z")} | self._facts)
        return self

    def __exit__(self, *error) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as failure:
                raise SinkError(f"{self.path} cannot be finished: {failure.strerror}") from failure

    def attached(self, stream: "Stream") -> None:
        """A stream joined."""
        on_gap = str(stream.continuity.on_gap)
        self.event(stream, "attached", source=stream.source.name, on_gap=on_gap, state=stream.state is not None)

    def event(self, stream: "Stream", what: str, **facts) -> None:
        """Something happened to the stream, between two frames."""
        facts = {name: value for name, value in facts.items() if value is not None}
        self._write({"event": what, "stream": stream.name, "frames": stream.frames} | facts)
        if not stream.open:  # whoever has its name next begins anew
            for kept in (self._dropped, self._sizes):
                kept.pop(stream.name, None)

    def frame(self, stream: "Stream", frame: Frame, passage: Passage, *, batch: int) -> None:
        """A frame was segmented."""
        line = {
            "stream": stream.name,
            "pts": str(frame.pts),
            "index": frame.index,
            "epoch": frame.epoch,
            "gap": frame.gap,
            "batch": batch,
        }
        optional = {
            "fresh": passage.fresh,
            "missing": passage.missing or None,
            "factor": passage.factor if passage.factor != 1 else None,
            "dropped": self._newly_dropped(stream),
            "duration": None if frame.duration is None else str(frame.duration),
            "time_base": None if frame.time_base is None else str(frame.time_base),
            "name": frame.name or None,
            "size": self._new_size(stream, frame),
        }
        self._write(line | {name: value for name, value in optional.items() if value is not None})

    def _new_size(self, stream: "Stream", frame: Frame) -> list[int] | None:
        size = list(frame.image.shape[:2])
        before, self._sizes[stream.name] = self._sizes.get(stream.name), size
        return None if size == before else size

    def _newly_dropped(self, stream: "Stream") -> dict[str, int] | None:
        before, now = self._dropped.get(stream.name, {}), stream.dropped
        self._dropped[stream.name] = now
        return {
            cause: count - before.get(cause, 0) for cause, count in now.items() if count > before.get(cause, 0)
        } or None

    def _write(self, line: dict) -> None:
        if self._file is None:
            raise SinkError(f"{self.path} is not open; write it inside `with journal:`")
        try:
            with self._lock:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written on: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame as the journal has it."""

    stream: str
    pts: Fraction
    index: int
    epoch: int
    gap: int
    batch: int
    passage: Passage
    duration: Fraction | None = None
    time_base: Fraction | None = None
    name: str = ""
    size: tuple[int, int] | None = None  # where it is not that of the frame before


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

    facts: dict
    streams: dict[str, list[Entry]] = field(default_factory=dict)
    events: list[dict] = field(default_factory=list)
    plan: list[list[str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> "Replay":
        """The journal at `path`; a last line that was cut off when its writer was killed is left out."""
        path = Path(path)
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{path} cannot be read as a journal: {getattr(error, 'strerror', error)}") from error
        facts = _parsed(lines[0], path, 1)
        if facts.get("journal") != VERSION:
            raise SourceError(f"{path} is not a journal of this version ({VERSION}); give what --journal wrote")
        replay = cls(facts)
        for number, line in enumerate(lines[1:-1], start=2):  # what follows the last line's end is empty, or cut off
            replay._add(_parsed(line, path, number), path, number)
        return replay

    def source(self, name: str, recording: Source) -> Source:
        """The recording of the stream's frames, with the journal's times, epochs and gaps.

        Where frames of another size were recorded into a next file, `frames-2.mkv`, that one is opened in its turn.
        """
        return ReplayedSource(name, recording, self.streams[name])

    def continuity(self, name: str) -> "Replayed":
        """What the state went through, for `Engine.attach`."""
        return Replayed(self.streams[name])

    def _add(self, line: dict, path: Path, number: int) -> None:
        if "event" in line:
            self.events.append(line)
            if line["event"] == "attached":
                self.streams.setdefault(line["stream"], [])
            return
        try:
            entry = _entry(line)
        except (KeyError, ValueError, TypeError) as error:
            raise SourceError(f"{path}, line {number} is not a frame's line: {error!r}") from error
        self.streams.setdefault(entry.stream, []).append(entry)
        while len(self.plan) < entry.batch:
            self.plan.append([])
        self.plan[entry.batch - 1].append(entry.stream)


class Replayed:
    """Judges frames as they were judged when the journal was written."""

    rate = None

    def __init__(self, entries: list[Entry]) -> None:
        self.on_gap = "as in the journal"
        self._passages = iter([entry.passage for entry in entries])

    def judge(self, frame: Frame, *, asked: bool = False) -> Passage:
        passage = next(self._passages)
        return passage._replace(fresh=passage.fresh or "asked") if asked else passage


class ReplayedSource(Source):
    """The pictures of a recording and of those that follow it, with a journal's times, epochs and gaps."""

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
                entry.name,
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


def _parsed(line: str, path: Path, number: int) -> dict:
    try:
        parsed = json.loads(line)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise SourceError(f"{path}, line {number} is not JSON; give what --journal wrote")
    return parsed


def _entry(line: dict) -> Entry:
    times = {name: Fraction(line[name]) for name in ("duration", "time_base") if name in line}
    passage = Passage(line.get("fresh"), line.get("missing", 0), line.get("factor", 1.0))
    size = tuple(int(side) for side in line["size"]) if "size" in line else None
    numbers = {name: int(line[name]) for name in ("index", "epoch", "gap", "batch")}
    return Entry(
        str(line["stream"]),
        Fraction(line["pts"]),
        **numbers,
        passage=passage,
        name=line.get("name", ""),
        size=size,
        **times,
    )

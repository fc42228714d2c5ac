"""A journal of a run, written while it runs."""

import json
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from streams.errors import SinkError
from streams.frame import Frame
from streams.gaps import StateChange
from streams.journal.reading import CLOSED, VERSION
from streams.sinks.writing.part import free_part

if TYPE_CHECKING:
    from streams.engine.stream import Stream


class Journal:
    """JSON lines, each written to the system at once.

    The first line holds `facts` about the run. A frame's line: "stream", "pts" (an exact fraction of seconds), "index",
    "epoch", "gap", "batch" (the number of the batch that it was segmented in) and, where there is something to say,
    "fresh" (why the state was reset), "missing", "factor" (what the state was multiplied by), "dropped" (by cause,
    since the line before), "duration", "time_base"; and "size" (h, w) where it is not that of the stream's frame
    before. Other lines have an "event": attached, paused, resumed, ended, failed, and at the end of the run closed.

    The journal of a run that was killed has no such end. It is not overwritten but renamed to `run.part.jsonl`, and
    `warnings` says so.
    """

    def __init__(self, path: str | Path, facts: dict[str, Any] | None = None) -> None:
        self.path, self._facts = Path(path), facts or {}
        self.warnings: list[str] = []
        self._file: IO[str] | None = None
        self._lock = threading.Lock()  # streams may be attached and paused from any thread
        self._dropped: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, list[int]] = {}

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._keep_unfinished()
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n", buffering=1)
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written: {error.strerror}") from error
        self._write({"journal": VERSION, "begun": time.strftime("%Y-%m-%dT%H:%M:%S%z")} | self._facts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            try:
                self._write({"event": CLOSED})
            except SinkError:
                if error is None:
                    raise
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as failure:
                raise SinkError(f"{self.path} cannot be finished: {failure.strerror}") from failure

    def attached(self, stream: "Stream") -> None:
        """A stream joined."""
        on_gap = str(stream.continuity.on_gap)
        self.event(stream, "attached", source=stream.source.name, on_gap=on_gap, state=stream.state is not None)

    def event(self, stream: "Stream", what: str, **facts: object) -> None:
        """Something happened to the stream, between two frames."""
        facts = {name: value for name, value in facts.items() if value is not None}
        self._write({"event": what, "stream": stream.name, "frames": stream.frames} | facts)
        if not stream.open:  # another stream may get its name
            self._dropped.pop(stream.name, None)
            self._sizes.pop(stream.name, None)

    def frame(self, stream: "Stream", frame: Frame, change: StateChange, *, batch: int) -> None:
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
            "fresh": change.fresh,
            "missing": change.missing or None,
            "factor": change.factor if change.factor != 1 else None,
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

    def _keep_unfinished(self) -> None:
        if self.path.is_file() and not self.path.is_symlink() and not _is_finished(self.path):
            kept = free_part(self.path)
            os.rename(self.path, kept)
            self.warnings.append(f"{kept} is the journal of an earlier run that was killed; it was kept")

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None:
            raise SinkError(f"{self.path} is not open; write it inside `with journal:`")
        try:
            with self._lock:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            raise SinkError(f"{self.path} cannot be written on: {error.strerror}") from error


def _is_finished(path: Path) -> bool:
    """Whether the file is empty or the journal of a run that ended normally."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 100))
        return not size or file.read().endswith(json.dumps({"event": CLOSED}).encode() + b"\n")

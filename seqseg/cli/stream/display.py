"""Live output of a run: lines on a terminal, JSON for machines, or nothing."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, Self

from seqseg.cli.console.printable import unfiltered
from seqseg.cli.stream.figures import Figures, MaskFigures, Streaming
from seqseg.cli.stream.lines import Lines

if TYPE_CHECKING:
    import numpy as np

    from streams import Frame, SourceEvent
    from streams.threads.ticker import Ticker

REDRAW_SECONDS = 0.25
EVENT_SECONDS = 1.0


class Display:
    """Shows `streams()` a few times a second while it is open, from its own thread.

    masks() makes the figures of a stream's masks for `masks_of`; measure: also where nothing is shown.
    classes: their names, for the counts of objects.
    On a terminal a line a stream, in place; elsewhere nothing. With `json`, events on stdout instead, one JSON object a
    line, each with `event`, `time` (seconds since 1970) and `stream`:

        started     a stream was attached
        status      it is now "starting", "running", "reconnecting", "paused", "frozen", "ended" or "failed"
        frames      each second: frames, fps, latency_p95_ms, dropped, state_age, steadiness
        drop        `count` frames more were dropped for the reason `cause`
        reset       the state was reset, `fresh_starts` times by now
        warning     `text`
        source      an event of the source: `kind` (connected, lost, retrying, scene cut, ...) and `text`
        ended       the last figures, and `error` if one ended it
    """

    def __init__(
        self,
        streams: Callable[[], Iterable[Streaming]],
        *,
        json: bool = False,
        masks: Callable[[], MaskFigures] | None = None,
        measure: bool = False,
        classes: Sequence[str] = (),
        output: IO[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streams, self._json, self._clock = streams, json, clock
        self._masks, self._classes = masks, tuple(classes)
        self._output = output or (sys.stdout if json else sys.stderr)
        self._lines = Lines(unfiltered(self._output)) if not json and self._output.isatty() else None
        self._measuring = bool(measure or self._json or self._lines)
        self._figures: dict[int, Figures] = {}
        self._told: dict[int, _Told] = {}
        self._turn = threading.RLock()
        self._ticker: Ticker | None = None
        self._deaf = False  # whether the reader of the events has left

    def __enter__(self) -> Self:
        from streams.threads.ticker import Ticker

        if self._json or self._lines:
            self._ticker = Ticker(EVENT_SECONDS if self._json else REDRAW_SECONDS, self.update)
        return self

    def __exit__(self, *_: object) -> None:
        if self._ticker is not None:
            self._ticker.close()
            self._ticker = None
            if self._json:
                self.update()
                for stream in self._streams():
                    self._end(stream)
        if self._lines:
            self._lines.clear()

    def see(self, stream: Streaming, frame: "Frame", mask: "np.ndarray") -> None:
        """Measures a frame of the stream and its mask."""
        if self._measuring:
            self._of(stream).see(frame, mask)

    def masks_of(self, stream: Streaming) -> dict[str, Any] | None:
        """Figures of the stream's masks, `MaskFigures.report`; None where they were not asked for."""
        figures = self._figures.get(id(stream))
        return figures.masks.report() if figures is not None and figures.masks is not None else None

    def say(self, text: str) -> None:
        """Prints a line that stays; the lines of the streams go on below it."""
        with self._turn:
            if self._lines:
                self._lines.clear()
            print(text, file=sys.stderr, flush=True)

    def hear(self, event: "SourceEvent") -> None:
        """Takes an event of a source: all are written as JSON, on a terminal only those that need attention."""
        from streams.sources.reading.events import QUIET

        with self._turn:
            if self._json:
                told = {"stream": event.source, "kind": event.kind, "text": event.message}
                self._emit({"event": "source"} | told)
            elif event.kind not in QUIET:
                self.say(f"  {event.message}")

    def update(self) -> None:
        """Shows the current figures; called by the thread."""
        with self._turn:
            rows = [(stream, self._of(stream).now()) for stream in self._streams()]
            self._forget_all_but(stream for stream, _ in rows)
            for stream, row in rows:
                told = self._told.setdefault(id(stream), _Told())
                for event in told.news(stream, row):
                    if self._json:
                        self._emit(event)
                    elif event["event"] == "warning":
                        self.say(f"  {stream.name}: {event['text']}" if len(rows) > 1 else f"  {event['text']}")
            if self._lines and rows:
                self._lines.draw([row for _, row in rows])

    def _of(self, stream: Streaming) -> Figures:
        with self._turn:
            if id(stream) not in self._figures:
                self._forget_all_but([stream, *self._streams()])
                masks = self._masks() if self._masks and self._measuring else None
                self._figures[id(stream)] = Figures(stream, masks=masks, classes=self._classes, clock=self._clock)
            return self._figures[id(stream)]

    def _forget_all_but(self, streams: Iterable[Streaming]) -> None:
        """Nothing is kept of streams that are off the engine's list."""
        there = {id(stream) for stream in streams}
        for gone in self._figures.keys() - there:
            del self._figures[gone]
        for gone in self._told.keys() - there:
            del self._told[gone]

    def _end(self, stream: Streaming) -> None:
        row = self._of(stream).now()
        self._emit({"event": "ended"} | row | {"error": None if stream.error is None else str(stream.error)})

    def _emit(self, event: dict[str, Any]) -> None:
        if self._deaf:
            return
        line = {"event": event.pop("event"), "time": round(time.time(), 3)} | event
        try:
            self._output.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._output.flush()
        except BrokenPipeError:  # the reader of the events has closed its end: the run goes on
            self._deaf = True
            if self._output is sys.stdout:  # which Python flushes once more at exit
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, sys.stdout.fileno())
                os.close(nowhere)


class _Told:
    """What has been shown of one stream, so that only changes are shown."""

    def __init__(self) -> None:
        self._status: str | None = None
        self._fresh = self._warnings = 0
        self._dropped: dict[str, int] = {}

    def news(self, stream: Streaming, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The events since the last call."""
        name: dict[str, Any] = {"stream": row["stream"]}
        events: list[dict[str, Any]] = []
        if self._status is None:
            events.append({"event": "started"} | name)
        if row["status"] != self._status:
            self._status = row["status"]
            events.append({"event": "status"} | name | {"status": self._status})
        for cause, count in row["dropped"].items():
            if more := count - self._dropped.get(cause, 0):
                events.append({"event": "drop"} | name | {"cause": cause, "count": more})
        self._dropped = dict(row["dropped"])
        if stream.fresh_starts != self._fresh:
            self._fresh = stream.fresh_starts
            events.append({"event": "reset"} | name | {"fresh_starts": self._fresh})
        warnings = list(stream.warnings)
        events += [{"event": "warning"} | name | {"text": text} for text in warnings[self._warnings :]]
        self._warnings = len(warnings)
        return [*events, {"event": "frames"} | row]

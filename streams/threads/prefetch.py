"""Prefetching: a source in a thread."""

import dataclasses
import sys
import threading
import time
from collections.abc import Callable, Iterator

from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source
from streams.threads.mailbox import Mailbox
from streams.threads.waiting import TURN, failure_of, joined

Arrival = tuple[Frame, float]  # a frame, and the perf_counter seconds at which it was read


class Prefetch(Wrapper):
    """A source that is opened, read and closed in its own thread, up to `depth` frames ahead.

    Frames of files are never dropped. Live sources do not wait: when the mailbox is full the oldest frame is dropped
    ("overflow"), and so are frames older than `staleness` seconds while newer ones wait ("stale"); with `fresh`, all
    but the newest ("superseded"). The next frame's `gap` counts the dropped frames; `dropped` and the meter count them
    by cause. If the device does not answer within `patience` seconds of closing, its thread is abandoned: only the
    thread that reads a device may close it, and it does so when the device answers.
    """

    def __init__(
        self, source: Source, depth: int = 8, *, staleness: float = 0.5, fresh: bool = False, patience: float = 4.0
    ) -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        super().__init__(source)
        self._depth, self._patience = depth, patience
        self._staleness, self._fresh = staleness, fresh
        self._reader: _Reader | None = None
        self.dropped: dict[str, int] = {}

    def open(self) -> None:
        self._reader = reader = _Reader(self.inner, Mailbox(self._depth), self._count)
        reader.open()
        self._take_over()

    def go_on_from(self, known: Known) -> None:
        self.inner.go_on_from(known)

    def frames(self) -> Iterator[Frame]:
        self.start()
        mailbox = self._running.mailbox
        while (delivery := mailbox.get(self._too_old if self.live else None)) is not None:
            yield self._delivered(delivery)

    def start(self, wake: Callable[[], object] | None = None) -> None:
        """Begins to read. `wake()` is called, from the reader's thread, at every change."""
        reader = self._running
        if not reader.go.is_set():
            reader.mailbox.wake = wake
            reader.go.set()

    @property
    def ready(self) -> bool:
        """Whether `take` returns at once with a frame or the end."""
        return self._reader is None or self._reader.mailbox.holds(1)

    @property
    def ended(self) -> bool:
        """Whether all frames have been taken and no more will come."""
        return self._reader is None or self._reader.mailbox.ended

    def take(self) -> Frame | None:
        """The next frame if one waits, without waiting for it; an error of the reader is raised here."""
        delivery = self._running.mailbox.get(self._too_old if self.live else None, wait=False)
        return None if delivery is None else self._delivered(delivery)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        read_to_its_end = reader.mailbox.ended
        if reader.thread.is_alive():
            self.stop()
        reader.mailbox.close()
        reader.go.set()
        if not joined(reader.thread, self._patience):
            self.warnings.append(f"{self.name} does not answer and was abandoned; it is closed when it does")
        elif reader.failure_to_close is not None:
            if read_to_its_end:
                raise reader.failure_to_close
            self.warnings.append(f"{self.name} could not be closed: {reader.failure_to_close}")

    @property
    def _running(self) -> "_Reader":
        if self._reader is None:
            raise SourceError(f"{self.name} is not open; read it inside `with source:`")
        return self._reader

    def _delivered(self, delivery: tuple[Arrival, int]) -> Frame:
        (frame, arrived), lost = delivery
        self.meter.add("queue", time.perf_counter() - arrived)
        return dataclasses.replace(frame, gap=frame.gap + lost) if lost else frame

    def _too_old(self, item: Arrival) -> bool:
        stale = time.perf_counter() - item[0].captured > self._staleness
        if self._fresh or stale:
            self._count("superseded" if self._fresh else "stale", 1)
        return self._fresh or stale

    def _count(self, cause: str, count: int) -> None:
        self.dropped[cause] = self.dropped.get(cause, 0) + count
        self.meter.drop(cause, count)


class _Reader:
    """The thread that owns a source: opens it, waits for `go`, reads it into the mailbox and closes it."""

    def __init__(self, source: Source, mailbox: Mailbox[Arrival], count: Callable[[str, int], None]) -> None:
        self.mailbox, self.go = mailbox, threading.Event()
        self._source, self._count = source, count
        self._opened = threading.Event()
        self._failure: BaseException | None = None
        self.failure_to_close: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name=f"read {source.name}", daemon=True)

    def open(self) -> None:
        """Returns when the source is open, or raises what its opening raised; Ctrl-C gets through meanwhile."""
        if sys.platform == "darwin":  # macOS asks for permission to use a camera in the main thread only
            self._source.__enter__()
            self._opened.set()
        self.thread.start()
        while not self._opened.wait(TURN):
            pass
        if self._failure is not None:
            self.thread.join()
            failure, self._failure = self._failure, None
            raise failure

    def _run(self) -> None:
        if not self._opened.is_set() and not self._open():
            return
        self.go.wait()
        self.mailbox.end(failure_of(self._read))  # before closing: a device may hang then
        self.failure_to_close = failure_of(self._close)

    def _open(self) -> bool:
        try:
            self._source.__enter__()
        except BaseException as error:
            self._failure = error
        self._opened.set()
        return self._failure is None

    def _read(self) -> None:
        for frame in self._source:
            lost = self.mailbox.put((frame, time.perf_counter()), wait=not self._source.live)
            if lost is None:
                return
            if lost:
                self._count("overflow", len(lost))

    def _close(self) -> None:
        self._source.__exit__(None, None, None)

"""Reading ahead and writing behind: the only threads of the package.

A thread's exception reaches the caller at the next frame or write, and at closing at the latest. Closing is legal in
every state: a reader blocked on a full mailbox and a writer blocked on an empty one both wake up.
"""

import dataclasses
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.mailbox import TURN, Mailbox
from streams.meter import Meter
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.sources.wrapper import Wrapper


class Prefetch(Wrapper):
    """A source that is opened, read and closed in a thread of its own, up to `depth` frames ahead.

    Files are never dropped from. Live sources do not wait: when the mailbox is full the oldest frame goes ("overflow"),
    and so do frames older than `staleness` seconds while newer ones wait ("stale"); with `fresh`, all but the newest
    ("superseded"). The next frame's `gap` says how many were dropped, `dropped` and the meter say why.
    A reader that does not come back from its device within `patience` seconds of closing is left behind: nobody but
    the thread that reads a device may close it, and it does so when the device lets it go.
    """

    def __init__(
        self, source: Source, depth: int = 8, *, staleness: float = 0.5, fresh: bool = False, patience: float = 4.0
    ):
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        super().__init__(source)
        self._depth, self._patience = depth, patience
        self._staleness, self._fresh = staleness, fresh
        self._reader: _Reader | None = None
        self.dropped: dict[str, int] = {}

    def open(self) -> None:
        self._reader = _Reader(self.inner, Mailbox(self._depth), self._count)
        self._reader.open()
        self._take_over()

    def frames(self) -> Iterator[Frame]:
        self.start()
        mailbox = self._reader.mailbox
        while (delivery := mailbox.get(self._too_old if self.live else None)) is not None:
            yield self._delivered(delivery)

    def start(self, wake: Callable[[], object] | None = None) -> None:
        """Begins to read. `wake()` is called, from the reader's thread, whenever there is something new to look at."""
        if not self._reader.go.is_set():
            self._reader.mailbox.wake = wake
            self._reader.go.set()

    @property
    def ready(self) -> bool:
        """Whether `take` has something to say: a frame waits, or none will come any more."""
        return self._reader is None or self._reader.mailbox.holds(1)

    @property
    def ended(self) -> bool:
        """Whether all frames have been taken and no more will come."""
        return self._reader is None or self._reader.mailbox.ended

    def take(self) -> Frame | None:
        """The next frame if one waits, without waiting for it; an error of the reader is raised here."""
        delivery = self._reader.mailbox.get(self._too_old if self.live else None, wait=False)
        return None if delivery is None else self._delivered(delivery)

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        self.stop()
        reader.mailbox.close()
        reader.go.set()
        if not _joined(reader.thread, self._patience):
            self.warnings.append(f"{self.name} does not answer and was left behind; it is closed when it does")

    def _delivered(self, delivery: tuple) -> Frame:
        (frame, arrived), lost = delivery
        self.meter.add("queue", time.perf_counter() - arrived)
        return dataclasses.replace(frame, gap=frame.gap + lost) if lost else frame

    def _too_old(self, item: tuple[Frame, float]) -> bool:
        stale = time.perf_counter() - item[0].captured > self._staleness
        if self._fresh or stale:
            self._count("superseded" if self._fresh else "stale", 1)
        return self._fresh or stale

    def _count(self, cause: str, count: int) -> None:
        self.dropped[cause] = self.dropped.get(cause, 0) + count
        self.meter.drop(cause, count)


class _Reader:
    """The thread that owns a source: opens it, waits for `go`, reads it into the mailbox and closes it."""

    def __init__(self, source: Source, mailbox: Mailbox, count: Callable[[str, int], None]):
        self.mailbox, self.go = mailbox, threading.Event()
        self._source, self._count = source, count
        self._opened, self._failure = threading.Event(), None
        self.thread = threading.Thread(target=self._run, name=f"read {source.name}", daemon=True)

    def open(self) -> None:
        """Returns when the source is open, and raises what its opening raised; Ctrl-C gets through meanwhile."""
        if sys.platform == "darwin":  # which asks for the use of a camera in the main thread only
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
        failure = None
        for work in (self._read, self._close):
            try:
                work()
            except BaseException as error:
                failure = failure or error
        self.mailbox.end(failure)

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
                self._count("overflow", lost)

    def _close(self) -> None:
        self._source.__exit__(None, None, None)


class Background(Sink):
    """A sink that is written in a thread, up to `depth` frames behind. Not for windows: they want the main thread.

    Closing writes what is waiting; a sink that takes nothing for `patience` seconds is given up.
    """

    deferred = True

    def __init__(self, sink: Sink, depth: int = 8, *, patience: float = 60.0):
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        super().__init__()
        self._sink, self._depth, self._patience = sink, depth, patience
        self._mailbox: Mailbox | None = None
        self._wake: Callable[[], object] | None = None
        self._failure: BaseException | None = None
        self._reported = False
        self._written = 0
        self.paths = sink.paths

    @property
    def warnings(self) -> list[str]:
        return self._sink.warnings

    @property
    def finished(self) -> bool:
        return self._sink.finished

    @property
    def ready(self) -> bool:
        return self._mailbox is None or self._failure is not None or not self._mailbox.holds(self._depth)

    def notify(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        self._sink.measure(meter)

    def open(self) -> None:
        self._sink.__enter__()
        self._mailbox = Mailbox(self._depth, self._wake)
        self._thread = threading.Thread(target=self._write_behind, name="write", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if self._failure is not None:
            self._reported = True
            raise self._failure
        self._mailbox.put((frame, mask), wait=True)

    def close(self, error: BaseException | None = None) -> None:
        """Writes what is waiting, then closes the sink."""
        self._mailbox.end()
        if not _joined(self._thread, self._patience, lambda: self._written):
            raise SinkError(f"the sink has not taken a frame for {self._patience:g} s; what it was given since is lost")
        failure = error or self._failure
        self._sink.__exit__(type(failure) if failure else None, failure, failure.__traceback__ if failure else None)
        if self._failure is None or self._reported:
            return
        if error is None:
            raise self._failure
        error.add_note(f"the sink had failed too: {self._failure}")

    def _write_behind(self) -> None:
        while (delivery := self._mailbox.get()) is not None:
            frame, mask = delivery[0]
            if self._failure is None:  # after a failure the rest is thrown away, so that nobody waits for room
                try:
                    self._sink.write(frame, mask)
                    self.meter.shown(frame)
                except BaseException as error:
                    self._failure = error
            self._written += 1


class Chore:
    """One call in a thread of its own, so that nobody waits for a device or a disk. `wake()` is called when it is done.

    >>> chore = Chore("open", lambda: 7)
    >>> chore.wait(10), chore.done, chore.error
    (True, True, None)
    """

    def __init__(self, name: str, work: Callable[[], object], wake: Callable[[], object] | None = None):
        self.error: BaseException | None = None
        self._work, self._wake = work, wake
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._over = threading.Event()
        self._thread.start()

    @property
    def done(self) -> bool:
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end at most so long; whether it came. A chore whose device hangs is left behind."""
        deadline = time.monotonic() + seconds
        while not self._over.is_set() and (left := deadline - time.monotonic()) > 0:
            self._over.wait(min(TURN, left))
        if self._over.is_set():
            self._thread.join()
        return self._over.is_set()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        self._over.set()
        if self._wake is not None:
            self._wake()


def _joined(thread: threading.Thread, patience: float, progress: Callable[[], int] = int) -> bool:
    """Waits for the thread's end as long as its progress changes at least once in `patience` seconds."""
    seen, since = progress(), time.monotonic()
    while thread.is_alive() and time.monotonic() - since < patience:
        thread.join(min(TURN, patience))
        if progress() != seen:
            seen, since = progress(), time.monotonic()
    return not thread.is_alive()

"""Reading ahead and writing behind: the only threads of the package.

A thread's exception reaches the caller at the next frame or write, and at closing at the latest. Closing is legal in
every state: a reader blocked on a full mailbox and a writer blocked on an empty one both wake up.
"""

import dataclasses
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from streams.engine.known import Known
from streams.errors import SinkError
from streams.frame import Frame
from streams.meter import Meter
from streams.sinks.sink import Sink
from streams.sources.reading.wrapper import Wrapper
from streams.sources.source import Source
from streams.threads.mailbox import TURN, Mailbox

HURRY = 4.0  # seconds that a sink has to finish when the run ends by an error or Ctrl-C


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

    def go_on_from(self, known: Known) -> None:
        self.inner.go_on_from(known)

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
        read_to_its_end = reader.mailbox.ended
        if reader.thread.is_alive():
            self.stop()
        reader.mailbox.close()
        reader.go.set()
        if not _joined(reader.thread, self._patience):
            self.warnings.append(f"{self.name} does not answer and was left behind; it is closed when it does")
        elif reader.failure_to_close is not None:
            if read_to_its_end:
                raise reader.failure_to_close
            self.warnings.append(f"{self.name} could not be closed: {reader.failure_to_close}")

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
        self.failure_to_close: BaseException | None = None
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
        self.mailbox.end(_failure_of(self._read))  # a device that hangs when it is closed has given all its frames
        self.failure_to_close = _failure_of(self._close)

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


class Background(Sink):
    """A sink that lives in a thread of its own: it is opened, written and closed there. Not for windows, which want
    the main thread.

    keep="all" is for files. A run that reads a file waits while `depth` frames wait; of a live source, whose frames
    cannot wait, the oldest are left out ("slow sink") once more than `megabytes` or `seconds` of them wait.
    keep="newest" is for screens and networks: a frame takes the place of the one that still waits, and nobody waits,
    not even at the end: one that hangs then is left behind with a warning.
    Closing writes what is waiting. A sink that takes nothing for `patience` seconds is given up, and one that is told
    to close because something else failed, or by Ctrl-C, already after 4 seconds.
    """

    deferred = True

    def __init__(
        self,
        sink: Sink,
        depth: int = 8,
        *,
        keep: str = "all",
        megabytes: float = 256.0,
        seconds: float = 10.0,
        patience: float = 30.0,
    ):
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        if keep not in ("all", "newest"):
            raise ValueError(f'keep must be "all" or "newest", got {keep!r}')
        super().__init__()
        self.sink, self.name, self.paths, self.screen = sink, sink.name, sink.paths, sink.screen
        self.left_out = self.skipped = 0
        self._depth, self._newest, self._patience = depth, keep == "newest", patience
        self._bytes, self._seconds = megabytes * 2**20, seconds
        self._mailbox: Mailbox | None = None
        self._wake: Callable[[], object] | None = None
        self._failure: BaseException | None = None
        self._reported = False
        self._steps = 0  # of the thread: how others see that it is alive
        self._moved = (0, time.monotonic())

    @property
    def warnings(self) -> list[str]:
        late = f"{self.name} was too slow for a live source: {self.left_out} frames are missing in it"
        return [*self.sink.warnings, *self._warnings, *([late] if self.left_out else [])]

    @property
    def finished(self) -> bool:
        return self.sink.finished

    @property
    def ready(self) -> bool:
        if self._mailbox is None or self._failure is not None or self._newest or self.live:
            return True
        return not self._mailbox.holds(self._depth) or self._stuck_for() >= self._patience  # then a write says so

    def notify(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def measure(self, meter: Meter) -> None:
        super().measure(meter)
        self.sink.measure(meter)

    def expect(self, *, live: bool) -> None:
        super().expect(live=live)
        self.sink.expect(live=live)

    def open(self) -> None:
        full = (lambda items, item: len(items) >= 1) if self._newest else self._too_much if self.live else None
        self._mailbox = Mailbox(self._depth, self._wake, full=full)
        self._ended_by: BaseException | None = None
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"write {self.name}", daemon=True)
        self._thread.start()
        try:
            while not self._opened.wait(TURN):
                self._expect_movement(self._patience, "open")
        except BaseException:  # Ctrl-C: when the sink is open after all, its thread closes it and ends
            self._mailbox.close()
            raise
        if self._failure is not None:
            self._reported = True
            raise self._failure

    def write(self, frame: Frame, mask: np.ndarray) -> None:
        if self._failure is not None:
            self._reported = True
            raise self._failure
        waits = not (self._newest or self.live)
        if not self._mailbox.holds(self._depth):
            self._moved = (self._steps, time.monotonic())  # nobody has waited yet
        lost = self._mailbox.put((frame, mask), wait=waits, meanwhile=self._expect_movement)
        for frame, _ in lost or ():
            if self._newest:
                self.skipped += 1
            else:
                self.left_out += 1
                self.meter.drop("slow sink", 1)
            self.done(frame)

    def close(self, error: BaseException | None = None) -> None:
        """Writes what is waiting and closes the sink."""
        self._ended_by = error
        self._mailbox.end()
        self._moved = (self._steps, time.monotonic())
        patience = min(HURRY, self._patience) if error is not None or self._newest else self._patience
        while self._thread.is_alive():
            self._thread.join(min(TURN, patience))
            if self._newest and self._stuck_for() >= patience and self._thread.is_alive():
                self._mailbox.close()
                return self._warnings.append(f"{self.name} does not answer and was left behind")
            self._expect_movement(patience, "close")
        if self._failure is None or self._reported:
            return
        if error is None:
            raise self._failure
        error.add_note(f"{self.name} had failed too: {self._failure}")

    def _live(self) -> None:
        try:
            self.sink.__enter__()
        except BaseException as error:
            self._failure = error
            return
        finally:
            self._opened.set()
        self._write_behind()
        failure = self._ended_by or self._failure
        try:
            self.sink.__exit__(type(failure) if failure else None, failure, failure.__traceback__ if failure else None)
        except BaseException as error:
            self._failure = self._failure or error

    def _write_behind(self) -> None:
        while (delivery := self._mailbox.get()) is not None:
            frame, mask = delivery[0]
            if self._failure is None:  # after a failure the rest is thrown away, so that nobody waits for room
                try:
                    self.sink.write(frame, mask)
                    if self.screen:
                        self.meter.add("screen", time.perf_counter() - frame.captured)
                    self.done(frame)
                except BaseException as error:
                    self._failure = error
            self._steps += 1

    def _too_much(self, items: Sequence, item: tuple[Frame, np.ndarray]) -> bool:
        waiting = sum(frame.image.nbytes + mask.nbytes for frame, mask in items)
        span = item[0].captured - items[0][0].captured if items else 0.0
        return bool(items) and (waiting + item[0].image.nbytes + item[1].nbytes > self._bytes or span > self._seconds)

    def _expect_movement(self, patience: float | None = None, doing: str = "take a frame") -> None:
        """SinkError when the thread has not moved for so long."""
        patience = self._patience if patience is None else patience
        if self._stuck_for() >= patience and (self._thread.is_alive() or not self._opened.is_set()):
            self._reported = True
            self._mailbox.close()
            raise SinkError(
                f"{self.name} hangs: it did not {doing} for {patience:g} s; what it was given since is lost"
            )

    def _stuck_for(self) -> float:
        """Seconds since the thread was last seen to have moved."""
        steps, since = self._moved
        if self._steps != steps:
            self._moved = steps, since = (self._steps, time.monotonic())
        return time.monotonic() - since


class Serving:
    """A server of the standard library that answers in a thread of its own until it is closed."""

    def __init__(self, server: socketserver.BaseServer):
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="serve", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Ticker:
    """Calls `work()` every so many seconds in a thread of its own until it is closed, which raises what work raised."""

    def __init__(self, seconds: float, work: Callable[[], object]):
        self._seconds, self._work = seconds, work
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._work()
                self._over.wait(self._seconds)
        except BaseException as error:
            self._error = error


class Worker:
    """A thread that does one call after another, so that whoever waits for it can also give up."""

    def __init__(self, name: str):
        self._changed = threading.Condition()
        self._work: Callable[[], object] | None = None
        self._result: object = None
        self._error: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], object], give_up: Callable[[], bool]) -> object:
        """What `work()` gives or raises; TimeoutError when `give_up()`, asked twice a second, says so before."""
        with self._changed:
            self._work = work
            self._changed.notify_all()
            while self._work is not None:
                if not self._changed.wait(TURN) and give_up():
                    self._ended = True
                    raise TimeoutError
            error, result = self._error, self._result
            self._error = self._result = None
        if error is not None:
            raise error
        return result

    def close(self, patience: float) -> bool:
        """Ends the thread; False when it is still at work after `patience` seconds, and was left behind."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        return _joined(self._thread, patience)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._work is None and not self._ended:
                    self._changed.wait()
                if self._work is None:
                    return
                work = self._work
            try:
                self._result = work()
            except BaseException as error:
                self._error = error
            with self._changed:
                self._work = None
                self._changed.notify_all()


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


def _failure_of(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except BaseException as error:
        return error
    return None


def _joined(thread: threading.Thread, patience: float) -> bool:
    """Waits for the thread's end, in turns that Ctrl-C can interrupt."""
    end = time.monotonic() + patience
    while thread.is_alive() and (left := end - time.monotonic()) > 0:
        thread.join(min(TURN, left))
    return not thread.is_alive()

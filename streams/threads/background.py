"""Background writing: a sink in a thread."""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from streams.errors import SinkError
from streams.frame import Frame
from streams.meter import Meter
from streams.sinks.sink import Sink
from streams.threads.mailbox import Mailbox
from streams.threads.waiting import TURN

HURRY = 4.0  # seconds that a sink has to finish when the run ends by an error or Ctrl-C
Pair = tuple[Frame, np.ndarray]  # a frame and its mask


class Background(Sink):
    """A sink that is opened, written and closed in its own thread. Not for windows, which need the main thread.

    keep="all" is for files. A run over a file waits while `depth` frames are queued. Frames of a live source cannot
    wait: the oldest are left out ("slow sink") when more than `megabytes` or `seconds` of them are queued.
    keep="newest" is for screens and networks: a new frame replaces the one that is still queued, and the run never
    waits. If such a sink hangs at the end it is abandoned with a warning.
    Closing writes what is queued. A sink that takes nothing for `patience` seconds is given up with an error; after
    Ctrl-C or another error already after 4 seconds.
    """

    def __init__(
        self,
        sink: Sink,
        depth: int = 8,
        *,
        keep: str = "all",
        megabytes: float = 256.0,
        seconds: float = 10.0,
        patience: float = 30.0,
    ) -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        if keep not in ("all", "newest"):
            raise ValueError(f'keep must be "all" or "newest", got {keep!r}')
        super().__init__()
        self.sink, self.name, self.paths, self.screen = sink, sink.name, sink.paths, sink.screen
        self.left_out = self.skipped = 0
        self._depth, self._newest, self._patience = depth, keep == "newest", patience
        self._bytes, self._seconds = megabytes * 2**20, seconds
        self._mailbox: Mailbox[Pair] = Mailbox(depth)
        self._thread: threading.Thread | None = None
        self._opened = threading.Event()
        self._wake: Callable[[], object] | None = None
        self._failure: BaseException | None = None
        self._ended_by: BaseException | None = None
        self._reported = False
        self._steps = 0  # of the thread: they show that it is alive
        self._moved = (0, time.monotonic())

    @property
    def warnings(self) -> list[str]:
        late = f"{self.name} was too slow for a live source: {self.left_out} frames are missing in it"
        return [*self.sink.warnings, *self._warnings, *([late] if self.left_out else [])]

    @property
    def deferred(self) -> bool:
        return True

    @property
    def finished(self) -> bool:
        return self.sink.finished

    @property
    def ready(self) -> bool:
        if self._thread is None or self._failure is not None or self._newest or self.live:
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
        self._mailbox = self._empty_mailbox()
        self._ended_by, self._opened = None, threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"write {self.name}", daemon=True)
        self._thread.start()
        try:
            while not self._opened.wait(TURN):
                self._expect_movement(self._patience, "open")
        except BaseException:  # Ctrl-C: the thread closes the sink once it is open, and ends
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
            self._moved = (self._steps, time.monotonic())  # no write has waited yet
        lost = self._mailbox.put((frame, mask), wait=waits, meanwhile=self._expect_movement)
        for frame, _ in lost or ():
            if self._newest:
                self.skipped += 1
            else:
                self.left_out += 1
                self.meter.drop("slow sink", 1)
            self.done(frame)

    def close(self, error: BaseException | None = None) -> None:
        """Writes what is queued and closes the sink."""
        thread = self._thread
        if thread is None:
            return
        self._ended_by = error
        self._mailbox.end()
        self._moved = (self._steps, time.monotonic())
        patience = min(HURRY, self._patience) if error is not None or self._newest else self._patience
        while thread.is_alive():
            thread.join(min(TURN, patience))
            if self._newest and self._stuck_for() >= patience and thread.is_alive():
                self._mailbox.close()
                self._warnings.append(f"{self.name} does not answer and was abandoned")
                return
            self._expect_movement(patience, "close")
        if self._failure is None or self._reported:
            return
        if error is None:
            raise self._failure
        error.add_note(f"{self.name} had failed too: {self._failure}")

    def _empty_mailbox(self) -> Mailbox[Pair]:
        if self._newest:
            return Mailbox(self._depth, self._wake, full=lambda items, _: len(items) >= 1)
        return Mailbox(self._depth, self._wake, full=self._too_much if self.live else None)

    def _run(self) -> None:
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
            if self._failure is None:  # after a failure the rest is dropped, so that no write waits for room
                try:
                    self.sink.write(frame, mask)
                    if self.screen:
                        self.meter.add("screen", time.perf_counter() - frame.captured)
                    self.done(frame)
                except BaseException as error:
                    self._failure = error
            self._steps += 1

    def _too_much(self, items: Sequence[Pair], item: Pair) -> bool:
        waiting = sum(frame.image.nbytes + mask.nbytes for frame, mask in items)
        span = item[0].captured - items[0][0].captured if items else 0.0
        return bool(items) and (waiting + item[0].image.nbytes + item[1].nbytes > self._bytes or span > self._seconds)

    def _expect_movement(self, patience: float | None = None, doing: str = "take a frame") -> None:
        """SinkError when the thread has not moved for `patience` seconds."""
        patience = self._patience if patience is None else patience
        alive = self._thread is not None and self._thread.is_alive()
        if self._stuck_for() >= patience and (alive or not self._opened.is_set()):
            self._reported = True
            self._mailbox.close()
            raise SinkError(
                f"{self.name} hangs: it did not {doing} for {patience:g} s; what was written to it since is lost"
            )

    def _stuck_for(self) -> float:
        """Seconds since the thread was last seen to have moved."""
        steps, since = self._moved
        if self._steps != steps:
            self._moved = steps, since = (self._steps, time.monotonic())
        return time.monotonic() - since

"""A stream's source and sink: opened and closed in threads, so that a hanging device or disk blocks no other stream."""

import time
from collections.abc import Callable

from streams.errors import SinkError
from streams.meter import Meter
from streams.runner import prepared_for
from streams.sinks.sink import Sink
from streams.threads.chore import Chore
from streams.threads.prefetch import Prefetch
from streams.threads.waiting import TURN

FOR_EVER = float("inf")  # seconds, in threads without a limit


class Endpoints:
    """Opens a source, then its sink, and closes both. `fail(error)` is called with what goes wrong while closing.

    Windows are opened and closed in the caller's thread; everything else in threads of its own.
    """

    def __init__(self, name: str, source: Prefetch, sink: Sink, meter: Meter, fail: Callable[[BaseException], None]):
        self.source, self.sink = source, sink
        self._name, self._meter, self._fail = name, meter, fail
        self._opening: Chore | None = None
        self._opening_sink: Chore | None = None
        self._closing: Chore | None = None
        self._sink_open = self._sink_closed = False
        self._ended_by: BaseException | None = None
        self._frames_at_end = 0

    @property
    def closed(self) -> bool:
        """Whether both are closed, or were never opened."""
        return self._closing is None or self._closing.done

    def settle(self, wake: Callable[[], object]) -> bool:
        """Opens them step by step; whether both are open. Raises what opening raised. `wake()`: at every change."""
        if self._opening is None:
            self.source.measure(self._meter)
            self.sink.measure(self._meter)
            self.sink.notify(wake)
            self._opening = Chore(f"open {self._name}", self.source.__enter__, wake)
        if not self._opening.done:
            return False
        if self._opening.error is not None:
            raise self._opening.error
        return self._open_sink(wake)

    def end(self, wake: Callable[[], object], error: BaseException | None) -> None:
        """Closes both, in a thread where the sink allows it. `error` is what ended the stream, if anything did."""
        opening = self._opening
        if opening is None:
            return
        self._ended_by = error
        self.source.stop()
        if self._sink_open and self._in_this_thread:
            self._close_sink()  # a window must be closed in the thread that opened it
        self._frames_at_end = self._meter.frames
        self._closing = Chore(f"close {self._name}", lambda: self._close(opening), wake)

    def wait_closed(self, patience: float, since: float | None = None) -> None:
        """Waits for the end as long as a frame is written every `patience` seconds; else they are abandoned.

        since: the `time.monotonic()` from which `patience` counts, by default now. Streams that are waited for one
        after the other get the same, so that all that hang are abandoned at once.
        """
        closing = self._closing
        if closing is None:
            return
        seen, since = self._frames_at_end, time.monotonic() if since is None else since
        while not closing.done:
            if self._meter.frames != seen:
                seen, since = self._meter.frames, time.monotonic()
            left = since + patience - time.monotonic()
            if left <= 0:
                break
            closing.wait(min(TURN, left))
        if not closing.done:
            text = f"{self._name} has not closed for {patience:g} s and was abandoned; its files may lack the end"
            self._fail(SinkError(text))
        elif closing.error is not None:
            self._fail(closing.error)

    def _open_sink(self, wake: Callable[[], object]) -> bool:
        if self._sink_open:
            return True
        if self._opening_sink is None:
            prepared_for(self.sink, self.source)
            if self._in_this_thread:
                self.sink.__enter__()
                self._sink_open = True
                return True
            self._opening_sink = Chore(f"open {self.sink.name}", self.sink.__enter__, wake)
        if self._opening_sink.done:
            if self._opening_sink.error is not None:
                raise self._opening_sink.error
            self._sink_open = True
        return self._sink_open

    @property
    def _in_this_thread(self) -> bool:
        return self.sink.main_thread or not self.sink.deferred

    def _close(self, opening: Chore) -> None:
        try:
            if self._sink_open:
                self._close_sink()
        finally:
            opening.wait(FOR_EVER)
            if opening.error is None:
                self.source.__exit__(None, None, None)
            self._close_late_sink()

    def _close_late_sink(self) -> None:
        """Closes a sink that was still being opened when the stream ended."""
        if self._opening_sink is None or self._sink_closed:
            return
        self._opening_sink.wait(FOR_EVER)
        if self._opening_sink.error is None:
            self._close_sink()

    def _close_sink(self) -> None:
        error, self._sink_open, self._sink_closed = self._ended_by, False, True
        try:
            self.sink.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except Exception as failure:
            self._fail(failure)

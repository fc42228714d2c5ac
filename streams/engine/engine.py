"""Many streams through one step: a slot a stream, a batch a turn; a dead camera blocks no other stream."""

import threading
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from streams.engine.batch import Batches, BatchStep, Taken
from streams.engine.deferred_interrupt import DeferredInterrupt
from streams.engine.gathering import patience_of, seconds_to_wait
from streams.engine.known import Known
from streams.engine.plan import Plan
from streams.engine.roster import Roster
from streams.engine.stream import Stream
from streams.errors import SinkError, StreamError
from streams.frame import Frame
from streams.gaps import Continuity, Judge
from streams.journal import Journal
from streams.meter import Report, combined_report
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.waiting import TURN


class Engine:
    """Runs any number of streams through `step(images, states) -> (masks, states)`, lists with an entry a stream.

    A state is any value of the step; None is fresh. Frames that are ready within a few milliseconds go into one batch.
    A stream whose source is dead or slow, or whose sink is full, is not waited for, and its state stays as it was. An
    error in a stream's source or sink ends that stream only; an error in the step ends the run. Every method may be
    called from any thread and in every state; it takes effect between two frames.

    Args:
        step: called in a thread of its own, one batch at a time.
        patience: seconds that sources, sinks and the step have to finish after `stop` or an error.
        stuck: seconds that a sink may take nothing before its stream is ended; at a normal end it has as many more.
        journal: records every frame and event, see `Journal`. The caller closes it.
        check_state: `check_state(image, state)` raises if a state given to `attach` does not fit the first frame; that
            ends this stream only.
        on_frame: `on_frame(stream, frame, mask)` after each mask, in the thread that runs.

    Example:
        >>> engine = Engine(lambda images, states: ([image[..., 0] for image in images], states))
        >>> left = engine.attach(ArraySource(np.zeros((3, 5, 7, 3), np.uint8)), MemorySink(), name="left")
        >>> right = engine.attach(ArraySource(np.ones((2, 9, 9, 3), np.uint8)), MemorySink(), name="right")
        >>> engine.run()["frames"], left.status, right.frames
        (5, 'ended', 2)
    """

    def __init__(
        self,
        step: BatchStep,
        *,
        patience: float = 4.0,
        stuck: float = 30.0,
        journal: Journal | None = None,
        check_state: Callable[[np.ndarray, Any], None] | None = None,
        on_frame: Callable[[Stream, Frame, np.ndarray], None] | None = None,
    ) -> None:
        self._patience, self._stuck = patience, stuck
        self._journal, self._check_state, self.on_frame = journal, check_state, on_frame
        self._batches, self._roster = Batches(step), Roster()
        self._begin = threading.Lock()  # taken once: an engine runs once
        self._wake = threading.Event()
        self._stop_at: float | None = None
        self._most: int | None = None  # frames that may still be segmented, of all streams
        self._ready_since: float | None = None

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All streams that were attached and not forgotten, in that order."""
        return self._roster.streams

    def attach(
        self,
        source: Source,
        sink: Sink,
        *,
        name: str | None = None,
        state: Any = None,
        on_gap: str = "keep",
        continuity: Judge | None = None,
        max_frames: int | None = None,
        after: Known | tuple[int, Fraction] | None = None,
    ) -> Stream:
        """Adds a stream, before or during the run. Neither source nor sink may be open yet.

        name: unique; by default the source's. state: to resume from. on_gap: see `OnGap.parse`; `continuity` replaces
        that decision. max_frames: how many it ends after. after: the last frame that the state has seen, a `Known` or
        its index and time; reading starts after it, by a seek or by skipping frames.
        """

        def make(number: int, name: str) -> Stream:
            judge = continuity or Continuity(on_gap)
            return Stream(number, name, source, sink, state=state, continuity=judge, max_frames=max_frames, after=after)

        stream = self._roster.add(make, source.name if name is None else name, given=name is not None)
        if self._journal is not None:
            self._journal.attached(stream)
        self._wake.set()
        return stream

    def detach(self, stream: Stream) -> None:
        """Ends the stream; its files are finished."""
        stream.detach_asked = True
        self._wake.set()

    def forget(self, stream: Stream) -> None:
        """Takes a stream whose source and sink are closed off the list; any other stays. Its frames still count."""
        self._roster.forget(stream)

    def reset(self, stream: Stream) -> None:
        """The next frame begins with a fresh state."""
        stream.reset_asked = True

    def pause(self, stream: Stream) -> None:
        """No more frames are segmented: a file waits, frames of a live source are dropped and counted."""
        self._mark(stream, paused=True)

    def resume(self, stream: Stream) -> None:
        """Undoes `pause`; the state is as it was, and the next frame's gap counts the dropped frames."""
        self._mark(stream, paused=False)

    def stop(self) -> None:
        """Ends the run after the current batch, or before it begins."""
        self._stop_at = self._stop_at or time.monotonic()
        self._wake.set()

    def run(
        self,
        *,
        max_frames: int | None = None,
        seconds: float | None = None,
        until: Callable[[], bool] | None = None,
        between: Callable[[], None] | None = None,
        stay: bool = False,
        plan: Iterable[Iterable[str]] | None = None,
    ) -> Report:
        """Runs until all streams have ended, or one of the limits or `stop`; returns `report`.

        max_frames: frames of all streams together, exactly. seconds: of the run. until: asked between two batches.
        between: called after each batch, when states agree with what was written. stay: keeps running when no stream is
        left, until others are attached. plan: the streams of each batch, by name, instead of those that are ready
        (`Replay.plan`).
        """
        if not self._begin.acquire(blocking=False):
            raise StreamError("an engine runs once; make another one")
        self._most = max_frames
        error: BaseException | None = None
        end = None if seconds is None else time.monotonic() + seconds
        laid_down = None if plan is None else Plan(plan, self.stop)
        try:
            while not self._over(end, until, stay):
                if self._turn(laid_down, end) and between is not None:
                    between()
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._finish(error)
        return self.report()

    def report(self) -> Report:
        """Plain data for JSON: `Meter.report` over all streams, then "streams", each with its own, and "batches".

        "forgotten" counts the streams that are off the list, and their frames, which are in no other figure.
        """
        return combined_report([stream.meter for stream in self.streams]) | {
            "streams": [stream.report() for stream in self.streams],
            "forgotten": self._roster.forgotten,
            "batches": self._batches.report(),
        }

    def _over(self, end: float | None, until: Callable[[], bool] | None, stay: bool) -> bool:
        if self._stop_at is not None or (until is not None and until()):
            return True
        if end is not None and time.monotonic() >= end:
            return True
        if self._most is not None and self._roster.frames >= self._most:
            return True
        return not stay and not any(stream.open for stream in self.streams)

    def _turn(self, plan: Plan | None, end: float | None) -> bool:
        """One batch, or one wait for an event; whether it was a batch."""
        self._wake.clear()
        self._settle()
        chosen, pause = self._choose() if plan is None else plan.choose(self.streams)
        if chosen and not pause:
            self._advance(chosen)
            self._ready_since = None
            return True
        pause = pause or TURN
        self._wake.wait(pause if end is None else max(0.0, min(pause, end - time.monotonic())))
        return False

    def _settle(self) -> None:
        """Opens what is new, ends what is over."""
        for stream in self.streams:
            if not stream.open:
                continue
            try:
                stream.settle(self._wake.set)
                stream.pass_over()
                if stream.stuck_for() > self._stuck:
                    raise SinkError(f"{stream.name}: its sink has taken nothing for {self._stuck:g} s")
            except Exception as error:
                self._end(stream, error)
            if stream.done:
                self._end(stream)

    def _choose(self) -> tuple[list[Stream], float]:
        """The streams with a frame, and how long to wait for others first."""
        taking_part = [stream for stream in self.streams if stream.open and not stream.paused]
        ready = [stream for stream in taking_part if stream.ready]
        if not ready:
            self._ready_since = None
            return [], 0.0
        now = time.perf_counter()
        self._ready_since = self._ready_since or now
        missing = [stream.arrivals for stream in taking_part if not stream.ready and stream.sink.ready]
        patience = patience_of(stream.arrivals for stream in taking_part)
        return ready, seconds_to_wait(now, self._ready_since, patience, missing)

    def _advance(self, chosen: list[Stream]) -> None:
        """Takes a frame of each stream, segments them as one batch and writes the masks."""
        if self._most is not None:
            chosen = chosen[: self._most - self._roster.frames]
        taken = [one for stream in chosen if (one := self._take(stream)) is not None]
        if not taken:
            return
        for stream, frame, change, mask, state in self._batches.segment(taken, self._given_up):
            if self._journal is not None:
                self._journal.frame(stream, frame, change, batch=self._batches.count)
            try:
                stream.give(frame, mask, state)
            except Exception as error:
                self._end(stream, error)
            if self.on_frame is not None:
                self.on_frame(stream, frame, mask)

    def _take(self, stream: Stream) -> Taken | None:
        try:
            got = stream.take()
            if got is not None and self._check_state is not None and stream.has_given_state:
                self._check_state(got[0].image, stream.state)
        except Exception as error:
            self._end(stream, error)
            return None
        return None if got is None else Taken(stream, *got)

    def _given_up(self) -> bool:
        return self._stop_at is not None and time.monotonic() - self._stop_at > self._patience

    def _end(self, stream: Stream, error: BaseException | None = None) -> None:
        if not stream.open:
            return
        stream.end(self._wake.set, error)
        if self._journal is not None:
            self._journal.event(stream, stream.status, error=None if error is None else str(error))

    def _finish(self, error: BaseException | None) -> None:
        """Ends every stream; waits for each as long as it writes."""
        self._roster.close()
        deferred = DeferredInterrupt()
        for stream in self.streams:
            try:
                deferred.call(partial(self._end, stream, error))
            except SinkError as failure:  # the journal's disk is full: the streams' own files are finished nevertheless
                error = error or failure
        hurried = error is not None or self._stop_at is not None
        begun = time.monotonic()
        try:
            for stream in self.streams:
                still_writes = stream.frames and not hurried
                patience = self._patience + (self._stuck if still_writes else 0.0)
                deferred.call(partial(stream.wait_closed, patience, begun))
        finally:  # Ctrl-C may come a third time
            self._batches.close((self._stop_at or begun) + self._patience - time.monotonic())
        deferred.raise_interrupt()

    def _mark(self, stream: Stream, *, paused: bool) -> None:
        if stream.paused == paused:
            return
        stream.paused = paused
        if self._journal is not None:
            self._journal.event(stream, "paused" if paused else "resumed")
        self._wake.set()

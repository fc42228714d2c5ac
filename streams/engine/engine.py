"""Many streams through one step: a slot a stream, a batch a turn, and nobody waits for a dead camera."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np

from streams.engine.gathering import patience_of, seconds_to_wait
from streams.engine.known import Known
from streams.engine.plan import Plan
from streams.engine.stream import Stream
from streams.errors import SinkError, StreamError
from streams.frame import Frame
from streams.gaps import Continuity, Passage
from streams.journal import Journal
from streams.meter import combined_report
from streams.runner import checked, place_of
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.waiting import TURN
from streams.threads.worker import Worker

BatchStep = Callable[[list[np.ndarray], list[Any]], tuple[list[np.ndarray], list[Any]]]
Taken = tuple[Stream, Frame, Passage]


class Engine:
    """Runs any number of streams through `step(images, states) -> (masks, states)`, lists with an entry a stream.

    A state is a value of the step's own; None is fresh. What is ready within a few milliseconds goes into one batch; a
    stream whose source is dead or slow, or whose sink is full, is not waited for, and its state stays as it was. An
    error in a stream's source or sink ends that stream alone; an error in the step ends the run. Every method may be
    called from any thread and in every state; what it asks for happens between two frames.

    Args:
        step: called in a thread of its own, one batch at a time.
        patience: seconds that a source or sink may take to let go once `stop` was called or an error came, and that the
            step may take then.
        stuck: seconds that a sink may take nothing before its stream is ended; so many more it has at a quiet end.
        journal: takes down every frame and what happened, see `Journal`. It is the caller's to close.
        check_state: `check_state(image, state)` raises where a state that `attach` was given does not go with the first
            frame; that ends its stream alone.
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
        self._step, self._patience, self._stuck = step, patience, stuck
        self._journal, self._check_state, self.on_frame = journal, check_state, on_frame
        self._streams: list[Stream] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop_at: float | None = None
        self._state = "new"
        self._attached = 0
        self._batches: Counter[int] = Counter()
        self._forgotten = Counter(streams=0, frames=0)
        self._ready_since: float | None = None

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All streams that were attached and not forgotten, in that order."""
        with self._lock:
            return tuple(self._streams)

    def attach(
        self,
        source: Source,
        sink: Sink,
        *,
        name: str | None = None,
        state: Any = None,
        on_gap: str = "keep",
        continuity: Continuity | None = None,
        max_frames: int | None = None,
        after: Known | tuple[int, Fraction] | None = None,
    ) -> Stream:
        """A stream more, from now on or from when the engine runs. Neither source nor sink may be open yet.

        name: unique; by default the source's. state: what it goes on from. on_gap: see `OnGap.parse`; `continuity`
        replaces that judgement altogether. max_frames: how many it ends after. after: the last frame that the state
        has seen, a `Known` or its index and time; a file is entered there, or its frames up to there are passed over.
        """
        with self._lock:
            if self._state == "over":
                raise StreamError("this engine has run; make another one for more streams")
            self._attached += 1
            stream = Stream(
                self._attached,
                self._free_name(source.name if name is None else name, given=name is not None),
                source,
                sink,
                state=state,
                continuity=continuity or Continuity(on_gap),
                max_frames=max_frames,
                after=after,
            )
            self._refuse_shared_outputs(stream)
            self._streams.append(stream)
        if self._journal is not None:
            self._journal.attached(stream)
        self._wake.set()
        return stream

    def detach(self, stream: Stream) -> None:
        """Ends the stream; its files are finished."""
        stream.detach_asked = True
        self._wake.set()

    def forget(self, stream: Stream) -> None:
        """Takes a stream that is over, and let go, off the list; one that is not stays. Its frames still count."""
        with self._lock:
            if stream.closed and stream in self._streams:
                self._streams.remove(stream)
                self._forgotten.update(streams=1, frames=stream.frames)

    def reset(self, stream: Stream) -> None:
        """Its next frame begins with a fresh state."""
        stream.reset_asked = True

    def pause(self, stream: Stream) -> None:
        """No more frames are segmented: a file waits, what a live source gives is dropped and counted."""
        self._mark(stream, paused=True)

    def resume(self, stream: Stream) -> None:
        """Undoes `pause`; the state is as it was, and the next frame's gap counts what was dropped."""
        self._mark(stream, paused=False)

    def stop(self) -> None:
        """Ends the run after the batch at work, or before it begins."""
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
    ) -> dict:
        """Until all streams have ended, so many frames in all, so many seconds, `until()` or `stop()`; gives `report`.

        until: asked between two batches. between: called after each batch, when states and what was delivered agree.
        stay: goes on when no stream is left, and waits for others to be attached.
        plan: which streams make up each batch, by name, instead of whoever is ready (`Replay.plan`).
        """
        with self._lock:
            if self._state != "new":
                raise StreamError("an engine runs once; make another one")
            self._state = "running"
        worker, error = Worker("step"), None
        end = None if seconds is None else time.monotonic() + seconds
        laid_down = None if plan is None else Plan(plan, self.stop)
        try:
            while not self._over(max_frames, end, until, stay):
                if self._turn(worker, laid_down, end) and between is not None:
                    between()
        except BaseException as failure:
            error = failure
            raise
        finally:
            self._finish(worker, error)
        return self.report()

    def report(self) -> dict:
        """Plain data for JSON: `Meter.report` over all streams, then "streams", each with its own, and "batches".

        "forgotten" counts the streams that are off the list, and their frames, which are in no other figure.
        """
        streams = self.streams
        batches = sum(self._batches.values())
        frames = sum(size * count for size, count in self._batches.items())
        return combined_report([stream.meter for stream in streams]) | {
            "streams": [stream.report() for stream in streams],
            "forgotten": dict(self._forgotten),
            "batches": {
                "count": batches,
                "mean_size": round(frames / batches, 3) if batches else None,
                "sizes": {str(size): self._batches[size] for size in sorted(self._batches)},
            },
        }

    def _over(self, max_frames, end, until, stay) -> bool:
        if self._stop_at is not None or (until is not None and until()):
            return True
        if end is not None and time.monotonic() >= end:
            return True
        if max_frames is not None and self._frames() >= max_frames:
            return True
        return not stay and not any(stream.open for stream in self.streams)

    def _frames(self) -> int:
        return self._forgotten["frames"] + sum(stream.frames for stream in self.streams)

    def _turn(self, worker: Worker, plan: Plan | None, end: float | None) -> bool:
        """One batch, or one wait for something to happen; whether it was a batch."""
        self._wake.clear()
        self._settle()
        chosen, pause = self._choose() if plan is None else plan.choose(self.streams)
        if chosen and not pause:
            self._advance(worker, chosen)
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
        missing = [stream.rhythm for stream in taking_part if not stream.ready and stream.sink.ready]
        patience = patience_of(stream.rhythm for stream in taking_part)
        return ready, seconds_to_wait(now, self._ready_since, patience, missing)

    def _advance(self, worker: Worker, chosen: list[Stream]) -> None:
        """Takes a frame of each, segments them as one batch, hands the masks on."""
        taken: list[Taken] = []
        for stream in chosen:
            try:
                got = stream.take()
                if got is not None and self._check_state is not None and stream.has_given_state:
                    self._check_state(got[0].image, stream.state)
            except Exception as error:
                self._end(stream, error)
            else:
                if got is not None:
                    taken.append((stream, *got))
        if not taken:
            return
        masks, states = self._segment(worker, taken)
        self._batches[len(taken)] += 1
        for (stream, frame, passage), mask, state in zip(taken, masks, states, strict=True):
            mask = checked(mask, frame)
            if self._journal is not None:
                self._journal.frame(stream, frame, passage, batch=sum(self._batches.values()))
            try:
                stream.give(frame, mask, state)
            except Exception as error:
                self._end(stream, error)
            if self.on_frame is not None:
                self.on_frame(stream, frame, mask)

    def _segment(self, worker: Worker, taken: list[Taken]) -> tuple[list, list]:
        images = [frame.image for _, frame, _ in taken]
        states = [stream.state for stream, _, _ in taken]
        begin = time.perf_counter()
        try:
            masks, states = worker.call(lambda: self._step(images, states), self._given_up)
        except TimeoutError:
            raise StreamError(
                f"the step has not come back {self._patience:g} s after the run was stopped, and was left behind"
            ) from None
        except Exception as error:
            error.add_note(f"while segmenting {', '.join(place_of(frame) for _, frame, _ in taken)}")
            raise
        seconds = time.perf_counter() - begin
        for stream, _, _ in taken:
            stream.meter.add("infer", seconds)
        return masks, states

    def _given_up(self) -> bool:
        return self._stop_at is not None and time.monotonic() - self._stop_at > self._patience

    def _end(self, stream: Stream, error: BaseException | None = None) -> None:
        if not stream.open:
            return
        stream.end(self._wake.set, error)
        if self._journal is not None:
            self._journal.event(stream, stream.status, error=None if error is None else str(error))

    def _finish(self, worker: Worker, error: BaseException | None) -> None:
        """Ends every stream; each is given time as long as it writes."""
        with self._lock:
            self._state = "over"
        for stream in self.streams:
            try:
                self._end(stream, error)
            except SinkError as failure:  # the journal's disk is full: the streams' own files are finished all the same
                error = error or failure
        hurried = error is not None or self._stop_at is not None
        begun = time.monotonic()
        try:
            for stream in self.streams:
                still_writes = stream.frames and not hurried
                stream.wait_closed(self._patience + (self._stuck if still_writes else 0.0), begun)
        finally:  # Ctrl-C may come once more
            worker.close((self._stop_at or begun) + self._patience - time.monotonic())

    def _mark(self, stream: Stream, *, paused: bool) -> None:
        if stream.paused == paused:
            return
        stream.paused = paused
        if self._journal is not None:
            self._journal.event(stream, "paused" if paused else "resumed")
        self._wake.set()

    def _free_name(self, name: str, *, given: bool) -> str:
        taken = {stream.name for stream in self._streams}
        if name not in taken:
            return name
        if given:
            raise StreamError(f'there is a stream called "{name}" already; give this one another name')
        return next(free for number in range(2, len(taken) + 3) if (free := f"{name} {number}") not in taken)

    def _refuse_shared_outputs(self, newcomer: Stream) -> None:
        taken = {path.resolve() for stream in self._streams for path in stream.sink.paths}
        for path in newcomer.sink.paths:
            if path.resolve() in taken:
                raise SinkError(f"{path} is written by another stream; give each stream an output of its own")

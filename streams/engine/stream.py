"""One stream of an engine: its source, sink, state and figures."""

import dataclasses
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from streams.engine.endpoints import Endpoints
from streams.engine.gathering import Arrivals
from streams.engine.known import Known
from streams.errors import SourceError
from streams.frame import Frame
from streams.gaps import Continuity, Judge, StateChange, faded
from streams.meter import Meter, Report
from streams.sinks.sink import Sink
from streams.sources.source import Source
from streams.threads.prefetch import Prefetch

SILENT = 2.0  # seconds without a frame after which a stream counts as frozen
OPEN = ("starting", "running")


class Stream:
    """A slot of an `Engine`. Everything here may be read from any thread; only the engine's thread changes it.

    Attributes:
        id: a number that is never used again in its engine. `name`: unique in its engine.
        frames: how many were segmented. `fresh_starts`: how often the state was reset. `epoch`: the last frame's.
        state: a value, None when fresh. `last`: the last frame segmented.
        error: what ended it, if anything did. `meter`: its own times, drops and ages.
    """

    def __init__(
        self,
        number: int,
        name: str,
        source: Source,
        sink: Sink,
        *,
        state: Any = None,
        continuity: Judge | None = None,
        max_frames: int | None = None,
        after: Known | tuple[int, Fraction] | None = None,
    ) -> None:
        self.id, self.name = number, name
        self.source = source if isinstance(source, Prefetch) else Prefetch(source)
        self.sink, self.state, self.max_frames = sink, state, max_frames
        self._after = None if after is None else Known(*after)
        self.meter, self.arrivals = Meter(), Arrivals()
        self.frames = self.fresh_starts = 0
        self.error: BaseException | None = None
        self.last: Frame | None = None
        self.continuity: Judge = continuity or Continuity()
        self.reset_asked = self.detach_asked = self.paused = False
        self._status = "starting"
        self._state_frames = 0
        self._state_since: float | None = None
        self._ended_at: float | None = None
        self._paused_gap = 0
        self._stuck_since: float | None = None
        self._heard = time.monotonic()
        self._ends = Endpoints(name, self.source, sink, self.meter, self._fail)

    @property
    def status(self) -> str:
        """ "starting", "running", "reconnecting", "paused", "frozen", "ended" or "failed"."""
        if self._status not in OPEN:
            return self._status
        if self.paused:
            return "paused"
        if self._status == "running" and self.source.reconnecting:
            return "reconnecting"
        silent = self._status == "running" and time.monotonic() - self._heard > SILENT and not self.source.ready
        return "frozen" if silent else self._status

    @property
    def epoch(self) -> int | None:
        return None if self.last is None else self.last.epoch

    @property
    def dropped(self) -> dict[str, int]:
        """Frames that were read and not segmented, by cause."""
        return self.meter.dropped

    @property
    def state_age(self) -> tuple[int, float]:
        """Frames and seconds since the state began, until the stream ended."""
        since, now = self._state_since, self._ended_at or time.monotonic()
        return self._state_frames, 0.0 if since is None else now - since

    @property
    def warnings(self) -> list[str]:
        return [*self.source.warnings, *self.sink.warnings]

    @property
    def open(self) -> bool:
        """Whether it still takes part."""
        return self._status in OPEN

    @property
    def closed(self) -> bool:
        """Whether its source and sink have been closed."""
        return not self.open and self._ends.closed

    def report(self) -> Report:
        """Plain data for JSON."""
        frames, seconds = self.state_age
        return (
            {"id": self.id, "name": self.name, "status": self.status}
            | self.meter.report(memory=False)
            | {
                "error": None if self.error is None else str(self.error),
                "epoch": self.epoch,
                "fresh_starts": self.fresh_starts,
                "state_age": {"frames": frames, "seconds": round(seconds, 3)},
                "warnings": self.warnings,
            }
        )

    # What follows is the engine's.

    def settle(self, wake: Callable[[], object]) -> None:
        """Opens source and sink while it is "starting". Errors of opening are raised and are to end the stream."""
        if self._status != "starting":
            return
        if self._after is not None:
            self.source.go_on_from(self._after)
        if not self._ends.settle(wake):
            return
        if self.continuity.rate is None:
            self.continuity.rate = self.source.rate
        self._status, self._heard = "running", time.monotonic()
        self.source.start(wake)

    def pass_over(self) -> None:
        """Drops and counts the frames of a live source while it is paused; a file just waits."""
        while self.paused and self.source.live and self.source.ready and not self.source.ended:
            frame = self.source.take()
            if frame is None:
                return
            self._paused_gap += 1 + frame.gap
            self.meter.drop("paused")

    @property
    def ready(self) -> bool:
        """Whether a frame can be taken and its mask be written, now."""
        return self._status == "running" and not self.paused and self.source.ready and self.sink.ready

    @property
    def has_given_state(self) -> bool:
        """Whether its state is still the one that `attach` was given."""
        return not self.frames and self.state is not None

    @property
    def done(self) -> bool:
        """Whether there is nothing more to do for it."""
        if self._status != "running":
            return self.detach_asked
        enough = self.max_frames is not None and self.frames >= self.max_frames
        return self.detach_asked or enough or self.sink.finished or self.source.ended

    def stuck_for(self) -> float:
        """Seconds for which the sink has taken nothing."""
        if self._status != "running" or self.sink.ready:
            self._stuck_since = None
            return 0.0
        self._stuck_since = self._stuck_since or time.monotonic()
        return time.monotonic() - self._stuck_since

    def take(self) -> tuple[Frame, StateChange] | None:
        """The next frame, with the state prepared for it; None if there is none after all."""
        frame = self.source.take()
        if frame is None:
            return None
        self._heard = time.monotonic()
        self.arrivals.add(frame.captured, frame.gap)
        if self._paused_gap:
            frame = dataclasses.replace(frame, gap=frame.gap + self._paused_gap)
            self._paused_gap = 0
        check_picture(frame)
        if self._after is not None and frame.index <= self._after.index:
            self._pass_known(frame, self._after)
            return None
        change = self.continuity.judge(frame, asked=self.reset_asked)
        self.reset_asked = False
        if change.fresh:
            self.state = None
            self.fresh_starts += 1
        self.state = faded(self.state, change.factor)
        if change.fresh or self.last is None:
            self._state_frames, self._state_since = 0, time.monotonic()
        return frame, change

    def _pass_known(self, frame: Frame, last: Known) -> None:
        """Skips a frame that the state has seen already."""
        if frame.index == last.index and frame.pts != last.pts:
            raise SourceError(
                f"{self.name}: frame {frame.index} is at {float(frame.pts):.3f} s, but the state was saved at "
                f"{float(last.pts):.3f} s; give the same source, from the same --start"
            )
        self.continuity.judge(frame)

    def give(self, frame: Frame, mask: np.ndarray, state: Any) -> None:
        """Takes the step's mask and state."""
        self.state, self.last = state, frame
        self.frames += 1
        self._state_frames += 1
        self.sink.write(frame, mask)
        if not self.sink.deferred:
            self.meter.shown(frame)

    def end(self, wake: Callable[[], object], error: BaseException | None = None) -> None:
        """Closes source and sink, in a thread where the sink allows it."""
        if not self.open:
            return
        self._ended_at = time.monotonic()
        self._status = "failed" if isinstance(error, Exception) else "ended"  # Ctrl-C is no failure
        self.error = error if isinstance(error, Exception) else None
        self._ends.end(wake, error)

    def wait_closed(self, patience: float, since: float | None = None) -> None:
        """Waits for the end, see `Endpoints.wait_closed`."""
        self._ends.wait_closed(patience, since)

    def _fail(self, error: BaseException) -> None:
        if self.error is None:
            self._status, self.error = "failed", error


def check_picture(frame: Frame) -> None:
    """Raises for anything but (h, w, 3) uint8, which would end the step of all streams."""
    image = frame.image
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise SourceError(
            f"frame {frame.index} of {frame.source} must be an RGB array (h, w, 3) uint8, "
            f"got {image.dtype} {image.shape}"
        )

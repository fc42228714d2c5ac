"""The figures of a stream that is running, as they are shown to people and told to machines."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

SPAN = 2.0  # seconds over which the rate is counted


class Streaming(Protocol):
    """What is asked of a stream: an engine's, or the one of a plain run."""

    name: str
    status: str
    frames: int
    fresh_starts: int
    error: BaseException | None
    meter: object  # streams.Meter

    @property
    def dropped(self) -> Mapping[str, int]: ...
    @property
    def state_age(self) -> tuple[int, float]: ...  # frames and seconds since the state began
    @property
    def warnings(self) -> Sequence[str]: ...


class OneStream:
    """The stream of a plain run: what `streams.run` does, seen from outside. Give `seen` as its `on_frame`."""

    def __init__(self, source, sink, meter, *, clock: Callable[[], float] = time.monotonic):
        self.name, self.meter, self.error = source.name, meter, None
        self.status, self.frames, self.fresh_starts = "starting", 0, 0
        self._source, self._sink, self._clock = source, sink, clock
        self._epoch, self._age, self._since = None, 0, clock()

    def seen(self, frame, _mask) -> None:
        """One more frame has been segmented."""
        self.status = "running"
        if frame.epoch != self._epoch:
            self.fresh_starts += self._epoch is not None
            self._epoch, self._age, self._since = frame.epoch, 0, self._clock()
        self.frames += 1
        self._age += 1

    def end(self, error: BaseException | None = None) -> None:
        """No more frames come, because of the error if there is one."""
        self.error = self.error or error
        self.status = "failed" if self.error is not None else "ended"

    @property
    def dropped(self) -> dict[str, int]:
        return self.meter.dropped

    @property
    def state_age(self) -> tuple[int, float]:
        return self._age, self._clock() - self._since

    @property
    def warnings(self) -> list[str]:
        return [*self._source.warnings, *self._sink.warnings]


class Figures:
    """What there is to say about one stream at a time."""

    def __init__(self, stream: Streaming, *, clock: Callable[[], float] = time.monotonic):
        from streams import Steadiness

        self.stream, self._clock = stream, clock
        self.steadiness = Steadiness()
        self._counts: deque[tuple[float, int]] = deque()

    def now(self) -> dict:
        """Plain data: status, frames, fps over the last two seconds, latency, drops, the state's age, steadiness."""
        stream, moment = self.stream, self._clock()
        self._counts.append((moment, stream.frames))
        while len(self._counts) > 2 and moment - self._counts[1][0] >= SPAN:
            self._counts.popleft()
        first, span = self._counts[0][1], moment - self._counts[0][0]
        frames, seconds = stream.state_age
        steady, latency = self.steadiness.value, stream.meter.recent_p95()
        return {
            "stream": stream.name,
            "status": stream.status,
            "frames": stream.frames,
            "fps": round((stream.frames - first) / span, 2) if span > 0 else None,
            "latency_p95_ms": None if latency is None else round(1000 * latency, 1),
            "dropped": dict(stream.dropped),
            "state_age": {"frames": frames, "seconds": round(seconds, 1)},
            "steadiness": None if steady is None else round(steady, 4),
        }

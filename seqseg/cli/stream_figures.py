"""The figures of a stream that is running, as they are shown to people and told to machines."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

SPAN = 2.0  # seconds over which the rate is counted


class Streaming(Protocol):
    """What is asked of a stream of an engine."""

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

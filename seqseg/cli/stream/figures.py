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

    def __init__(
        self, stream: Streaming, *, masks: "MaskFigures | None" = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        from streams import Steadiness

        self.stream, self.masks, self._clock = stream, masks, clock
        self.steadiness = Steadiness()
        self._counts: deque[tuple[float, int]] = deque()

    def see(self, frame, mask) -> None:
        """The next frame and its mask."""
        self.steadiness.see(frame, mask)
        if self.masks is not None:
            self.masks.see(frame, mask, self.steadiness.last)

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


class MaskFigures:
    """What the masks of a whole run were like: how steady, and how much of the picture each class covered."""

    def __init__(self, classes: Sequence[str], *, void: int = 255) -> None:
        from streams import Areas

        self._classes, self._areas = tuple(classes), Areas(len(classes), void=void)
        self._frames = self._judged = 0
        self._steady, self._shares = 0.0, None

    def see(self, frame, mask, steady: float | None) -> None:
        """The next frame, its mask and how steady it was (None: nothing in the picture stood still)."""
        self._areas.see(frame, mask)
        self._shares = self._areas.shares if self._shares is None else self._shares + self._areas.shares
        self._frames += 1
        if steady is not None:
            self._steady, self._judged = self._steady + steady, self._judged + 1

    def report(self) -> dict:
        """Plain data for JSON: means over all frames; flicker is 1 - steadiness, areas are shares without void."""
        steady = self._steady / self._judged if self._judged else None
        shares = [None] * len(self._classes) if self._shares is None else (self._shares / self._frames).tolist()
        return {
            "frames": self._frames,
            "steadiness": None if steady is None else round(steady, 6),
            "flicker": None if steady is None else round(1 - steady, 6),
            "areas": {
                name: None if share is None else round(share, 6)
                for name, share in zip(self._classes, shares, strict=True)
            },
        }

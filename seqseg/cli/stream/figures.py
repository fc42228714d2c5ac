"""The figures of a running stream, for people and for machines."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from streams import Frame, Meter
    from streams.objects.sighting import Found

SPAN = 2.0  # seconds over which the rate is counted


class Streaming(Protocol):
    """A stream of an engine, as far as it is used here."""

    name: str
    frames: int
    fresh_starts: int
    error: BaseException | None
    meter: "Meter"

    @property
    def status(self) -> str: ...

    @property
    def dropped(self) -> Mapping[str, int]: ...
    @property
    def state_age(self) -> tuple[int, float]: ...  # frames and seconds since the state began
    @property
    def warnings(self) -> Sequence[str]: ...


class Figures:
    """The figures of one stream."""

    def __init__(
        self,
        stream: Streaming,
        *,
        masks: "MaskFigures | None" = None,
        classes: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from streams import Steadiness

        self.stream, self.masks, self._clock = stream, masks, clock
        self.steadiness = Steadiness()
        self._classes = tuple(classes)
        self._found: Found | None = None
        self._counts: deque[tuple[float, int]] = deque()

    def see(self, frame: "Frame", mask: "np.ndarray") -> None:
        """The next frame and its mask."""
        self.steadiness.see(frame, mask)
        self._found = frame.found
        if self.masks is not None:
            self.masks.see(frame, mask, self.steadiness.last)

    def now(self) -> dict[str, Any]:
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
            **self._objects(),
        }

    def _objects(self) -> dict[str, Any]:
        """How many objects of each class there are now and were in all, where they are followed."""
        found = self._found
        if found is None:
            return {}
        counts = {
            self._classes[value]: {"now": found.counts.get(value, 0), "total": total}
            for value, total in sorted(found.totals.items())
        }
        return {"objects": counts}


class MaskFigures:
    """Figures of the masks of a whole run: how steady they were, and how much of the picture each class covered."""

    def __init__(self, classes: Sequence[str], *, void: int = 255) -> None:
        from streams import Areas

        self._classes, self._areas = tuple(classes), Areas(len(classes), void=void)
        self._frames = self._judged = 0
        self._steady = 0.0
        self._shares: np.ndarray | None = None

    def see(self, frame: "Frame", mask: "np.ndarray", steady: float | None) -> None:
        """The next frame, its mask and how steady it was (None: nothing in the picture stood still)."""
        self._areas.see(frame, mask)
        shares = self._areas.shares
        self._shares = shares if self._shares is None or shares is None else self._shares + shares
        self._frames += 1
        if steady is not None:
            self._steady, self._judged = self._steady + steady, self._judged + 1

    def report(self) -> dict[str, Any]:
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

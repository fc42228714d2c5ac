"""Which streams a batch waits for: only those whose next frame is due in a few milliseconds."""

from collections import deque
from collections.abc import Iterable

SHORTEST, LONGEST = 0.002, 0.030  # seconds that a ready frame waits for others at most
SHARE = 0.25  # of the quickest stream's interval: a wait must not cost it a frame
REMEMBERED, TRUSTED = 64, 16  # arrivals
SILENCE = 2.0  # seconds after which a rate is forgotten


class Arrivals:
    """When the next frame of a stream is due, from the times of those before.

    The rate is frames over time, dropped ones included: cameras send in bursts, and a mean of distances would follow
    each burst.
    """

    def __init__(self) -> None:
        self._times: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._count = 0

    def add(self, captured: float, gap: int = 0) -> None:
        """A frame came, captured at this time, after `gap` that were dropped."""
        if self._times and not 0 <= captured - self._times[-1][0] <= SILENCE:
            self._times.clear()
        self._count += 1 + gap
        self._times.append((captured, self._count))

    @property
    def interval(self) -> float | None:
        """Seconds between two frames; None while it is not known."""
        if len(self._times) < TRUSTED:
            return None
        (first, before), (last, after) = self._times[0], self._times[-1]
        return (last - first) / (after - before)

    def due(self, now: float) -> float | None:
        """When the next frame should come; None when nothing is known or nothing came for long."""
        interval = self.interval
        if interval is None or now - self._times[-1][0] > SILENCE:
            return None
        return self._times[-1][0] + interval


def patience_of(streams: Iterable[Arrivals]) -> float:
    """Seconds that a ready frame waits for others at most: a quarter of the shortest interval, 2 to 30 ms."""
    intervals = [arrivals.interval for arrivals in streams if arrivals.interval is not None]
    return min(max(SHARE * min(intervals, default=0), SHORTEST), LONGEST)


def seconds_to_wait(now: float, ready_since: float, patience: float, missing: Iterable[Arrivals]) -> float:
    """How long to wait for the streams that have no frame yet; 0: go on without them.

    A stream is waited for when its frame is due before the patience ends, or was due a moment ago.
    """
    deadline = ready_since + patience
    dues = [due for arrivals in missing if (due := arrivals.due(now)) is not None]
    worth_it = any(now - patience / 2 <= due <= deadline for due in dues)
    return max(0.0, deadline - now) if worth_it else 0.0

"""How far an offline run is: over all frames of all sources, with the time left."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seqseg.offline.perform import Outcome

REDRAW_SECONDS = 0.25


class Progress:
    """Counts frames and sources, for one process or fed from several.

    Args:
        frames: how many each source is expected to have, by name; None or missing where that is not known.
        show: called with the line of the moment, a few times a second.
    """

    def __init__(
        self,
        frames: Mapping[str, int | None],
        *,
        show: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._expected, self._show, self._clock = dict(frames), show, clock
        self._running: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._first: tuple[float, int] | None = None  # moment and frames, after the first frame, which compiles
        self._drawn = float("-inf")
        self.failed = 0

    @property
    def frames(self) -> int:
        """Frames done, of all sources."""
        return sum(self._ended.values()) + sum(self._running.values())

    @property
    def total(self) -> int:
        """Frames of all sources, as far as they are known: what has ended counts as it was."""
        known = [count for count in self._expected.values() if count is not None]
        guess = round(sum(known) / len(known)) if known else 0
        total = sum(self._ended.values())
        for name, count in self._expected.items():
            if name not in self._ended:
                total += max(guess if count is None else count, self._running.get(name, 0))
        return total

    def see(self, name: str, frames: int) -> None:
        """A source has `frames` frames done; a smaller number than before means that it began again."""
        self._running[name] = frames
        now = self._clock()
        if self._first is None:
            self._first = now, self.frames
        if self._show is not None and now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._show(self.line())

    def end(self, outcome: Outcome) -> None:
        """A source has ended."""
        self._running.pop(outcome.name, None)
        self._ended[outcome.name] = outcome.frames
        self.failed += outcome.status == "failed"

    def leave(self, names: Iterable[str]) -> None:
        """These parts of a source count no more: the source is about to end as a whole."""
        for name in names:
            self._running.pop(name, None)

    @property
    def rate(self) -> float | None:
        """Frames a second since the first."""
        if self._first is None:
            return None
        began, first = self._first
        seconds = self._clock() - began
        return (self.frames - first) / seconds if seconds > 0 and self.frames > first else None

    @property
    def seconds_left(self) -> float | None:
        """Until all frames are done, at the rate so far."""
        return max(0, self.total - self.frames) / self.rate if self.rate else None

    def line(self) -> str:
        """For people: sources, frames, rate, time left, failures, sources in progress."""
        sources = f"{len(self._ended)}/{len(self._expected)} sources"
        parts = [sources, f"{self.frames}/{self.total} frames"]
        if self.rate is not None and self.seconds_left is not None:
            parts += [f"{self.rate:.1f} fps", f"{_span(self.seconds_left)} left"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        return "  ".join([*parts, ", ".join(self._running)])

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        left = self.seconds_left
        return {
            "sources": len(self._expected),
            "ended": len(self._ended),
            "failed": self.failed,
            "frames": self.frames,
            "of_frames": self.total,
            "fps": None if self.rate is None else round(self.rate, 2),
            "seconds_left": None if left is None else round(left, 1),
        }


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02d} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02d} h"

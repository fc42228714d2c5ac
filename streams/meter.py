"""Where the time of a run goes: stages, age of what is shown, drops by cause, memory."""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from streams.frame import Frame

STAGES = ("capture", "decode", "queue", "infer", "draw", "encode", "screen")  # screen: age when it was shown
REMEMBERED = 8192  # samples kept of each stage: percentiles are over the last so many, and memory stays constant


class Meter:
    """Collects what a run costs, from any thread, in constant memory.

    >>> meter = Meter()
    >>> with meter.stage("infer"):
    ...     _ = sum(range(1000))
    >>> meter.report()["stages_ms"]["infer"]["count"]
    1
    """

    def __init__(self):
        self.frames = 0
        self._stages: dict[str, _Samples] = {}
        self._age = _Samples()
        self._drops: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._first = self._last = 0.0
        self._first_memory = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times the block as one sample of the stage."""
        start = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        """One sample of a stage, in seconds."""
        with self._lock:
            self._stages.setdefault(name, _Samples()).add(seconds)

    def drop(self, cause: str, count: int = 1) -> None:
        """Frames that were read and never segmented, and why."""
        with self._lock:
            self._drops[cause] += count

    def shown(self, frame: Frame) -> None:
        """The frame's mask has left the last sink: its age is the time since it was captured."""
        now = time.perf_counter()
        with self._lock:
            if not self.frames:
                self._first, self._first_memory = now, resident_memory()
            self._last = now
            self.frames += 1
            self._age.add(now - frame.captured)

    def report(self) -> dict:
        """Plain data for JSON: stages and age in milliseconds, drops by cause, memory in MiB.

        `fps` counts the intervals between frames, not the frames, and leaves out the first frame's warm-up.
        """
        with self._lock:
            span = self._last - self._first
            order = sorted(self._stages, key=lambda name: STAGES.index(name) if name in STAGES else len(STAGES))
            return {
                "frames": self.frames,
                "seconds": round(span, 6),
                "fps": round((self.frames - 1) / span, 3) if span > 0 else None,
                "stages_ms": {name: self._stages[name].summary() for name in order},
                "age_ms": self._age.summary(),
                "dropped": dict(self._drops),
                "memory_mib": {
                    "first": self._first_memory,
                    "last": resident_memory(),
                    "peak": peak_memory(),
                },
            }


class _Samples:
    """The last REMEMBERED samples in seconds, and the count of all."""

    def __init__(self):
        self._ring = np.zeros(REMEMBERED)
        self._count = 0

    def add(self, seconds: float) -> None:
        self._ring[self._count % REMEMBERED] = seconds
        self._count += 1

    def summary(self) -> dict:
        if not self._count:
            return {"count": 0}
        samples = self._ring[: self._count] * 1000
        p50, p95, p99 = np.percentile(samples, (50, 95, 99))
        values = {"mean": samples.mean(), "p50": p50, "p95": p95, "p99": p99, "max": samples.max()}
        return {"count": self._count} | {name: round(float(value), 3) for name, value in values.items()}


def resident_memory() -> float | None:
    """MiB of this process in memory now; None where the system does not say (only Linux does without help)."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return round(int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def peak_memory() -> float | None:
    """MiB of this process in memory at its worst; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource  # there is none on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)

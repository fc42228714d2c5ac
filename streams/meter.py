"""Figures of a run: time of the stages, age of shown frames, drops by cause, memory."""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from streams.frame import Frame

STAGES = ("capture", "decode", "queue", "infer", "objects", "draw", "encode", "screen")  # screen: age when it was shown
Report = dict[str, Any]  # plain data for JSON

RECENT = 250  # samples for figures about now
REMEMBERED = 8192  # samples kept of each stage: percentiles are over these, and memory stays constant


class Meter:
    """Collects the figures of a run, from any thread, in constant memory.

    >>> meter = Meter()
    >>> with meter.stage("infer"):
    ...     _ = sum(range(1000))
    >>> meter.report()["stages_ms"]["infer"]["count"]
    1
    """

    def __init__(self) -> None:
        self.frames = 0
        self._stages: dict[str, _Samples] = {}
        self._age = _Samples()
        self._drops: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._first = self._last = 0.0
        self._first_memory: float | None = None

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
        """Counts frames that were read and not segmented, by cause."""
        with self._lock:
            self._drops[cause] += count

    def shown(self, frame: Frame) -> None:
        """The last sink has written the frame's mask: its age is the time since it was captured."""
        now = time.perf_counter()
        with self._lock:
            if not self.frames:
                self._first, self._first_memory = now, resident_memory()
            self._last = now
            self.frames += 1
            self._age.add(now - frame.captured)

    @property
    def dropped(self) -> dict[str, int]:
        """Frames that were read and not segmented, by cause."""
        with self._lock:
            return dict(self._drops)

    def recent_p95(self) -> float | None:
        """Seconds from capture to screen (to the last sink where there is no screen): p95 of the last few hundred."""
        with self._lock:
            samples = self._stages.get("screen", self._age)
            recent = samples.recent(RECENT)
        return float(np.percentile(recent, 95)) if len(recent) else None

    def report(self, *, memory: bool = True) -> Report:
        """Plain data for JSON: stages and age in milliseconds, drops by cause, memory in MiB.

        `fps` counts the intervals between frames, so that the first frame's warm-up does not count.
        """
        return combined_report([self], memory=memory)


def combined_report(meters: Iterable[Meter], *, memory: bool = True) -> Report:
    """The report of several meters as one: frames and drops added up, percentiles over the samples of all.

    Each meter's first frame is its warm-up: it counts in `frames`, not in `fps`.
    """
    meters = list(meters)
    with ExitStack() as locks:
        for meter in meters:
            locks.enter_context(meter._lock)
        begun = [meter for meter in meters if meter.frames]
        span = max((meter._last for meter in begun), default=0.0) - min((meter._first for meter in begun), default=0.0)
        frames = sum(meter.frames for meter in meters)
        names = {name for meter in meters for name in meter._stages}
        order = sorted(names, key=lambda name: (STAGES.index(name) if name in STAGES else len(STAGES), name))
        report: Report = {
            "frames": frames,
            "seconds": round(span, 6),
            "fps": round((frames - len(begun)) / span, 3) if span > 0 else None,
            "stages_ms": {name: _summary([m._stages[name] for m in meters if name in m._stages]) for name in order},
            "age_ms": _summary([meter._age for meter in meters]),
            "dropped": dict(sum((meter._drops for meter in meters), Counter())),
        }
        first = min(begun, key=lambda meter: meter._first, default=None)
    if memory:
        first_memory = first._first_memory if first is not None else None
        report["memory_mib"] = {"first": first_memory, "last": resident_memory(), "peak": peak_memory()}
    return report


class _Samples:
    """The last REMEMBERED samples in seconds, and the count of all."""

    def __init__(self) -> None:
        self._ring = np.zeros(REMEMBERED)
        self._count = 0

    def add(self, seconds: float) -> None:
        self._ring[self._count % REMEMBERED] = seconds
        self._count += 1

    @property
    def count(self) -> int:
        return self._count

    def recent(self, most: int) -> np.ndarray:
        """The last so many, in any order."""
        last = np.arange(max(0, self._count - most), self._count)
        return self._ring[last % REMEMBERED]

    @property
    def kept(self) -> np.ndarray:
        return self._ring[: self._count]


def _summary(several: list[_Samples]) -> Report:
    count = sum(samples.count for samples in several)
    if not count:
        return {"count": 0}
    kept = np.concatenate([samples.kept for samples in several]) * 1000
    p50, p95, p99 = np.percentile(kept, (50, 95, 99))
    values = {"mean": kept.mean(), "p50": p50, "p95": p95, "p99": p99, "max": kept.max()}
    return {"count": count} | {name: round(float(value), 3) for name, value in values.items()}


def resident_memory() -> float | None:
    """MiB of this process in memory now; None except on Linux."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return round(int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def peak_memory() -> float | None:
    """The most MiB of this process in memory so far; None on Windows."""
    if sys.platform == "win32":
        return None
    import resource  # there is none on Windows

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)

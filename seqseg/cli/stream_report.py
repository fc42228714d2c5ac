"""What `seqseg stream` prints: a moving count while it runs, and where the time went when it ends."""

import sys
import time
from collections.abc import Iterable, Mapping

from seqseg.cli.terminal import print_facts, print_table

REDRAW_SECONDS = 0.25


class Counter:
    """A line that counts frames and frames a second, on a terminal only."""

    def __init__(self, output=None) -> None:
        self._output = output or sys.stderr
        self._moving = self._output.isatty()
        self._frames, self._started, self._drawn = 0, 0.0, 0.0

    def count(self, frame, _mask) -> None:
        """One more frame is done."""
        now = time.perf_counter()
        self._started = self._started or now
        self._frames += 1
        if self._moving and now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            seconds = now - self._started
            rate = f"{(self._frames - 1) / seconds:6.1f} fps" if seconds > 0 else "warming up"
            self._output.write(f"\r\x1b[K  frame {self._frames}  {float(frame.pts):.2f} s  {rate}")
            self._output.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._moving and self._drawn:
            self._output.write("\r\x1b[K")
            self._output.flush()
            self._drawn = 0.0


def print_summary(report: Mapping, warnings: Iterable[str], files: Mapping[str, str | None]) -> None:
    """Frames, rate, each stage's times, drops, memory, and where the files are."""
    rate = f", {report['fps']:.1f} frames a second" if report["fps"] else ""
    print(f"{report['frames']} frames in {report['seconds']:.1f} s{rate}\n")
    stages = report["stages_ms"] | {"age": report["age_ms"]}
    rows = [
        (name, *(f"{stage[column]:.1f}" for column in ("p50", "p95", "p99")))
        for name, stage in stages.items()
        if stage["count"]
    ]
    print_table(("ms", "p50", "p95", "p99"), rows)
    print()
    print_facts({"dropped": _drops(report["dropped"]), "memory": _memory(report["memory_mib"])} | dict(files))
    for warning in warnings:
        print(f"  warning: {warning}")


def _drops(drops: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in drops.items()) or "none"


def _memory(memory: Mapping[str, float | None]) -> str:
    first, last = memory["first"], memory["last"]
    growth = f", {last - first:+.0f} since the first frame" if first is not None and last is not None else ""
    return f"{memory['peak']:.0f} MiB at most{growth}"

"""The summary that `seqseg stream` prints at the end: times of the stages, drops, files."""

from collections.abc import Iterable, Mapping
from typing import Any

from seqseg.cli.console.terminal import print_facts, print_table


def print_summary(report: Mapping[str, Any], warnings: Iterable[str], files: Mapping[str, str | None]) -> None:
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

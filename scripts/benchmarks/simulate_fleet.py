"""What a fleet of cameras does that is larger than the machines here: queues, drops, failures, recovery; seeded.

Every camera gives frames at a steady rate with a phase of its own. A worker takes the oldest frame that waits, and a
frame that is older than the staleness bound is dropped, as `streams.Prefetch` does. Service times are drawn from the
log-normal law through the median and the 95th percentile of `docs/results/streams.json`. A worker dies after
exponential times and starts again, and its cameras connect again; frames meanwhile are lost, and the memory is that of
the last snapshot.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

MEASURED = Path(__file__).resolve().parents[2] / "docs" / "results" / "streams.json"
Z95 = 1.6448536269514722  # of the standard normal law


@dataclass(frozen=True)
class Plan:
    """A worker and its cameras; times in seconds."""

    cameras: int
    fps: float = 25.0
    median: float = 0.02306
    p95: float = 0.03332
    stale: float = 0.5
    mean_life: float = math.inf
    restart: float = 10.0
    snapshot: float = 5.0
    hours: float = 1.0


@dataclass(frozen=True)
class Result:
    """What came of it: shares of all frames, milliseconds, seconds."""

    load: float
    served: float
    stale: float
    lost: float
    p50_ms: float
    p95_ms: float
    deaths: int
    memory_lost_s: float


def simulate(plan: Plan, *, seed: int = 0) -> Result:
    """One worker for `plan.hours`; workers do not touch each other, so that a fleet is so many of these.

    Frames are served in the order in which they come; with one server the waits follow from the service times.
    """
    random = np.random.default_rng(seed)
    seconds = 3600 * plan.hours
    arrivals = _arrivals(plan, seconds, random)
    sigma = math.log(plan.p95 / plan.median) / Z95 if plan.p95 > plan.median else 0.0
    services = np.exp(math.log(plan.median) + sigma * random.standard_normal(len(arrivals)))
    outages = _outages(plan, seconds, random)
    free, waits = 0.0, []
    stale = lost = 0
    down = iter([*outages, (math.inf, math.inf)])
    begin, end = next(down)
    for arrival, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        while arrival >= end:
            begin, end = next(down)
        if begin <= arrival < end:
            lost += 1  # no one is connected
            continue
        start = max(free, arrival)
        if start - arrival > plan.stale:
            stale += 1
            continue
        if start + service > begin > arrival:
            lost += 1  # it dies with its worker
            free = end
            continue
        free = start + service
        waits.append(free - arrival)
    frames = len(arrivals)
    times = np.array(waits or [math.nan]) * 1000
    return Result(
        load=plan.cameras * plan.fps * float(services.mean()),
        served=len(waits) / frames,
        stale=stale / frames,
        lost=lost / frames,
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        deaths=len(outages),
        memory_lost_s=float(random.uniform(0, plan.snapshot, len(outages)).mean()) if outages else 0.0,
    )


def _arrivals(plan: Plan, seconds: float, random: np.random.Generator) -> np.ndarray:
    phases = random.uniform(0, 1 / plan.fps, plan.cameras)
    frames = np.arange(int(seconds * plan.fps)) / plan.fps
    return np.sort((frames[:, None] + phases).ravel())


def _outages(plan: Plan, seconds: float, random: np.random.Generator) -> list[tuple[float, float]]:
    """(death, back again) of the worker."""
    if math.isinf(plan.mean_life):
        return []
    outages, now = [], random.exponential(plan.mean_life)
    while now < seconds:
        outages.append((now, now + plan.restart))
        now += plan.restart + random.exponential(plan.mean_life)
    return outages


def main(argv: Sequence[str] | None = None) -> None:
    """A table over numbers of cameras a worker, and one over how long workers live."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    model = json.loads(MEASURED.read_text())["shown"]["figures"]["model ms"]
    shared = {"fps": args.fps, "hours": args.hours, "median": model["p50"] / 1000, "p95": model["p95"] / 1000}
    plans = [Plan(cameras, **shared) for cameras in (1, 2, 3, 4)]
    for life in (0.1, 0.5, 2.0):  # hours, and long enough that there are some deaths
        plans.append(Plan(1, mean_life=life * 3600, **{**shared, "hours": max(args.hours, 10 * life)}))
    rows = [(plan, simulate(plan, seed=args.seed)) for plan in plans]
    print("cameras  life h   load  served   stale    lost  p50 ms  p95 ms  deaths")
    for plan, result in rows:
        life = f"{plan.mean_life / 3600:6.1f}" if math.isfinite(plan.mean_life) else "     –"
        shares = f"{result.served:6.2%}  {result.stale:6.2%}  {result.lost:6.2%}"
        times = f"{result.p50_ms:6.1f}  {result.p95_ms:6.1f}  {result.deaths:6d}"
        print(f"{plan.cameras:7d}  {life}  {result.load:5.2f}  {shares}  {times}")
    if args.json:
        content = [{"plan": asdict(plan), "result": asdict(result)} for plan, result in rows]
        args.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()

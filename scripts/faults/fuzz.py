"""Damaged files and messages for every reader.

The rule: a result, or one line of our own errors, within 20 seconds and 4 GiB. Everything else is a finding: it is
printed with its seed, and the input is kept. Each target runs in a child process, so that a crash is a finding as well.

    scripts/fuzz 60                     every target for a minute
    scripts/fuzz 600 movie --seed 7     one target, other damages
    scripts/fuzz 0 movie --seed 123     the one input with this seed
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.faults.mutation import mutated
from scripts.faults.targets import TARGETS, Target

SLOW, LARGE = 20, 4 << 30  # seconds and bytes of one input


def main() -> int:
    """Exit code 1 when there was a finding."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("seconds", nargs="?", type=float, default=20.0, help="of each target (20)")
    parser.add_argument("target", nargs="?", choices=sorted(TARGETS), help="one of them (all)")
    parser.add_argument("--seed", type=int, default=0, help="where the damages begin (0)")
    parser.add_argument("--keep", default="fuzz-findings", help="folder for inputs of findings")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return _child(args)
    names = [args.target] if args.target else list(TARGETS)
    return int(any([_watched(name, args) for name in names]))


def _watched(name: str, args: argparse.Namespace) -> int:
    """Runs a target in children until its time is over; the number of findings."""
    end, seed, tried, findings = time.monotonic() + args.seconds, args.seed, 0, 0
    while seed == args.seed or time.monotonic() < end:
        left = max(0.0, end - time.monotonic())
        command = [sys.executable, "-m", "scripts.faults.fuzz", str(left), name, "--seed", str(seed), "--child"]
        child = subprocess.Popen([*command, "--keep", args.keep], stdout=subprocess.PIPE, text=True)
        last = seed
        for line in child.stdout or ():
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "seed":
                last, tried = int(rest), tried + 1
            elif word == "FINDING":
                findings += 1
                print(f"{name}: {rest}", flush=True)
        if child.wait() not in (0, 1):
            findings += 1
            print(f"{name}: seed {last} ended the process with {child.returncode}", flush=True)
        seed = last + 1
        if args.seconds == 0:
            break
    print(f"{name}: {tried} inputs from seed {args.seed} on, {findings} findings", flush=True)
    return findings


def _child(args: argparse.Namespace) -> int:
    _limit_memory()
    target, findings = TARGETS[args.target], 0
    with tempfile.TemporaryDirectory() as scratch, target.prepared(Path(scratch)) as (samples, attempt):
        for sample in samples:
            attempt(sample)  # undamaged it is taken, or the damages would prove nothing
        for seed in _seeds(args.seed, time.monotonic() + args.seconds):
            print(f"seed {seed}", flush=True)
            data = mutated(samples[seed % len(samples)], seed)
            if finding := _finding(target, attempt, data):
                findings += 1
                kept = Path(args.keep) / f"{args.target}-{seed}{target.suffix}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(data)
                print(f"FINDING seed {seed}: {finding} ({kept})", flush=True)
    return int(findings > 0)


def _seeds(first: int, end: float) -> Iterator[int]:
    seed = first
    yield seed
    while time.monotonic() < end:
        seed += 1
        yield seed


def _finding(target: Target, attempt: Callable[[bytes], object], data: bytes) -> str | None:
    """What is wrong with how the input was taken; None when nothing."""
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SLOW)
    try:
        attempt(data)
    except target.errors as error:
        return f"an error of {len(str(error).splitlines())} lines: {error!r}" if "\n" in str(error) else None
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]!r} at {frame.filename}:{frame.lineno}"
    finally:
        signal.alarm(0)
    return None


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SLOW} s")


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (LARGE, LARGE))


if __name__ == "__main__":
    sys.exit(main())

"""Damaged files and messages for every reader.

The rule: a result, or one line of our own errors, within 20 seconds of the processor, two minutes of waiting and 4 GiB.
Everything else is a finding: it is printed with its seed, and the input is kept. Each target runs in a child process,
so that a crash, and what hangs inside a library, is a finding as well.

    scripts/fuzz 60                     every target for a minute
    scripts/fuzz 600 movie --seed 7     one target, other damages
    scripts/fuzz 0 movie --seed 123     the one input with this seed
"""

import argparse
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.faults.mutation import mutated
from scripts.faults.samples import Target
from scripts.faults.targets import TARGETS

SLOW, WAITING, LARGE = 20, 120, 4 << 30  # seconds of the processor, seconds, and bytes of one input
STARTING = 1200  # seconds until the first input: libraries are imported and samples made


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
    begin, seed, count, findings = time.monotonic(), args.seed, Counter[str](), 0
    while seed == args.seed or time.monotonic() < begin + args.seconds:
        left = max(0.0, begin + args.seconds - time.monotonic())
        command = [sys.executable, "-m", "scripts.faults.fuzz", str(left), name, "--seed", str(seed), "--child"]
        with subprocess.Popen([*command, "--keep", args.keep], stdout=subprocess.PIPE) as child:
            last = seed
            for line in _lines_of(child):
                word, _, rest = line.partition(" ")
                count[word] += 1
                last = int(rest) if word == "seed" else last
                if word == "FINDING":
                    print(f"{name}: {rest}", flush=True)
        if child.returncode not in (0, 1):
            count["FINDING"] += 1
            print(f"{name}: seed {last} ended the process with {child.returncode}", flush=True)
        findings, seed = count["FINDING"], last + 1
        if args.seconds == 0:
            break
    took = f"{name}: seed {args.seed}, {time.monotonic() - begin:.0f} s, {count['seed']} inputs"
    print(f"{took}: {count['result']} results, {count['error']} errors of one line, {findings} findings", flush=True)
    return findings


def _lines_of(child: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines of a child, which is killed when it says nothing for too long."""
    output, rest = child.stdout.fileno() if child.stdout else -1, b""
    patience = STARTING
    while True:
        if not select.select([output], [], [], patience)[0]:
            child.kill()
        patience = WAITING + 60
        block = os.read(output, 65536)
        if not block:
            return
        *lines, rest = (rest + block).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def _child(args: argparse.Namespace) -> int:
    target, findings = TARGETS[args.target], 0
    with tempfile.TemporaryDirectory() as scratch, target.prepared(Path(scratch)) as (samples, attempt):
        _limit_memory()
        for sample in samples:
            attempt(sample)  # undamaged it is taken, or the damages would prove nothing
        for seed in _seeds(args.seed, time.monotonic() + args.seconds):
            print(f"seed {seed}", flush=True)
            data = mutated(samples[seed % len(samples)], seed)
            word, said = _judged(target, attempt, data)
            if word == "FINDING":
                findings += 1
                kept = Path(args.keep) / f"{args.target}-{seed}{target.suffix}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(data)
                said = f"seed {seed}: {said} ({kept})"
            print(f"{word} {said}", flush=True)
    return int(findings > 0)


def _seeds(first: int, end: float) -> Iterator[int]:
    seed = first
    yield seed
    while time.monotonic() < end:
        seed += 1
        yield seed


def _judged(target: Target, attempt: Callable[[bytes], object], data: bytes) -> tuple[str, str]:
    """How the input was taken: (result, error or FINDING, what is wrong)."""
    for number, timer, seconds in (
        (signal.SIGPROF, signal.ITIMER_PROF, SLOW),
        (signal.SIGALRM, signal.ITIMER_REAL, WAITING),
    ):
        signal.signal(number, _too_slow)
        signal.setitimer(timer, seconds)
    try:
        attempt(data)
    except target.errors as error:
        if len(str(error).splitlines()) != 1:
            return "FINDING", f"an error of {len(str(error).splitlines())} lines: {error!r}"
        return "error", ""
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return "FINDING", f"{type(error).__name__}: {str(error)[:200]!r} at {frame.filename}:{frame.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "result", ""


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {SLOW} s")


def _limit_memory() -> None:
    """No more than LARGE above what the libraries have reserved already."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    most = pages * resource.getpagesize() + LARGE
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main())

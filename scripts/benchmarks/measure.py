"""Measure times in turns, so that a busy machine disturbs both sides alike, and memory in a separate process."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

MIB = 2**20


def in_turns(rounds, *, calls=1, **actions):
    """Median seconds of each action, in turns of `calls` in a row; the first of the rounds is not counted."""
    seconds = {name: [] for name in actions}
    for turn in range(rounds + 1):
        for name, action in actions.items():
            for _ in range(calls):
                begin = time.perf_counter()
                action()
                if turn:
                    seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times) for name, times in seconds.items()}


def peak_memory():
    """The most memory this process has held so far, in MiB; `getrusage` would count its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def memory_now():
    """The memory this process holds, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def in_a_process(script, *arguments):
    """Run a benchmark file in a separate process and read the JSON of its last line."""
    command = [sys.executable, str(Path(__file__).parent / script), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])

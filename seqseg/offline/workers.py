"""Processes of one machine that take source after source; one that dies is started again, and its source with it."""

import json
import os
import selectors
import subprocess
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from seqseg.errors import ConfigError
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome

TRIES = 2
"""How often a source is given to a worker that dies with it."""
PATIENCE = 10.0
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
"""What limits the threads of the engines; settings of the user win."""

Report = Mapping[str, Any]


def serve(perform: Callable[[Job, Callable[[int], None]], Outcome], requests: IO[str], answers: IO[str]) -> None:
    """The loop of a worker: a source a line in; `{"frames": n}` now and then and `{"outcome": {...}}` out."""

    def answer(content: Mapping[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    for line in requests:
        request = json.loads(line)
        job = Job(**{**request, "pictures": tuple(request["pictures"])})
        answer({"outcome": perform(job, lambda frames: answer({"frames": frames})).to_dict()})


class Workers:
    """`count` processes of `command`, which run `serve`.

    Args:
        command: of one worker.
        given: what each reads from its standard input before the first source, as one line.
        see: called with a source's name and the number of its frames that are done.
        lost: called with (source's name, exit status) when a worker dies while it works on a source.

    Example:
        >>> with Workers([sys.executable, "-m", "seqseg.cli.segment.worker"], 2, given=text, see=progress.see) as pool:
        ...     for outcome in pool.run(jobs):
        ...         print(outcome.name, outcome.status)
    """

    def __init__(
        self,
        command: Sequence[str],
        count: int,
        *,
        given: str,
        see: Callable[[str, int], None],
        lost: Callable[[str, int], None] = lambda name, status: None,
    ) -> None:
        if count < 1:
            raise ConfigError(f"--workers must be at least 1, got {count}")
        self._command, self._count, self._given = list(command), count, given
        self._see, self._lost = see, lost
        self._environment = environment_of_worker(count)
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.stop()
        self._selector.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """The outcome of every source, as they end."""
        waiting, tries = deque(jobs), Counter[str]()
        for _ in range(min(self._count, len(waiting))):
            self._start(waiting)
        while any(worker.job is not None for worker in self._workers):
            for key, _ in self._selector.select():
                worker: _Worker = key.data
                job, outcome = worker.job, None
                for message in worker.read():
                    if "frames" in message and job is not None:
                        self._see(job.name, message["frames"])
                    elif "outcome" in message:
                        outcome = Outcome.of(message["outcome"])
                if outcome is not None:
                    yield outcome
                    worker.take(waiting)
                elif worker.over:
                    yield from self._bury(worker, waiting, tries)

    def _start(self, waiting: deque[Job]) -> None:
        worker = _Worker(self._command, self._environment, self._given)
        self._workers.append(worker)
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        worker.take(waiting)

    def _bury(self, worker: "_Worker", waiting: deque[Job], tries: Counter[str]) -> Iterator[Outcome]:
        """Takes a dead worker off the list; its source goes to a new one, as long as it was not tried too often."""
        self._selector.unregister(worker.output)
        self._workers.remove(worker)
        status, job = worker.stop(), worker.job
        if job is None:
            return
        self._lost(job.name, status)
        tries[job.name] += 1
        if tries[job.name] < TRIES:
            waiting.appendleft(job)
        else:
            how = f"signal {-status}" if status < 0 else f"exit status {status}"
            yield Outcome(job.name, job.path, "failed", error=f"its worker died {TRIES} times with it ({how})")
        if waiting:
            self._start(waiting)


def environment_of_worker(count: int) -> dict[str, str]:
    """The environment of one of `count` workers: a share of the processors each, unless the user says otherwise."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = max(1, processors // count)
    return dict.fromkeys(THREADS, str(share)) | os.environ


class _Worker:
    """One process, and the source that it works on."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], given: str) -> None:
        self.job: Job | None = None
        self.over = False
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), bufsize=0
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a worker has no pipes")
        self._input: IO[bytes] = self._process.stdin
        self.output: IO[bytes] = self._process.stdout
        self._rest = b""
        self._send(given)

    def take(self, waiting: deque[Job]) -> None:
        """Gives it the next source; none ends it."""
        self.job = waiting.popleft() if waiting else None
        if self.job is not None:
            self._send(json.dumps(asdict(self.job)))
        else:
            self._input.close()

    def read(self) -> list[Report]:
        """The messages that have come."""
        content = os.read(self.output.fileno(), 1 << 16)
        self.over = not content
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [json.loads(line) for line in lines]

    def stop(self) -> int:
        """Ends it, if it has not ended; its exit status."""
        if not self._input.closed:
            self._input.close()
        if not self.over:
            self._process.terminate()
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self.output.close()
        return status

    def _send(self, line: str) -> None:
        try:
            self._input.write(f"{line}\n".encode())
        except BrokenPipeError:  # it has died already: its output ends, which is how that is noticed
            self.over = False

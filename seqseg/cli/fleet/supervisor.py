"""The workers of a fleet: started, given their cameras, started again when they die."""

import json
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any

from seqseg.cli.fleet.cameras import Camera
from seqseg.cli.fleet.metrics import WorkerHealth
from seqseg.cli.fleet.worker import order

SILENT = 60.0
"""Seconds without an answer after which a worker counts as hung, and is killed and started again."""
PATIENCE = 15.0  # seconds to finish files at the end
LONGEST_WAIT = 30.0  # seconds between two starts of a worker that dies at once

Group = tuple[str, float | None]


class Supervisor:
    """`per_group` processes for the cameras of each model.

    A camera stays with its worker; a new one goes to the worker of its model that has fewest.

    Args:
        command: of a worker. `given(group, name)`: the line that describes it.
        per_group: how many workers share the cameras of a model, at most one for each camera.
        say: prints a line.
    """

    def __init__(
        self,
        command: Sequence[str],
        given: Callable[[Group, str], str],
        *,
        per_group: int,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command, self._given, self._say, self._clock = list(command), given, say, clock
        self._per_group, self._environment = per_group, dict(environment)
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.ask_to_end()
        for worker in self._workers:
            worker.wait(PATIENCE)
        self._selector.close()

    def set_cameras(self, cameras: Iterable[Camera]) -> None:
        """These cameras from now on: others are detached, those that are new or have changed are attached."""
        wanted = {camera.name: camera for camera in cameras}
        for worker in self._workers:
            for name in [name for name, camera in worker.cameras.items() if wanted.get(name) != camera]:
                del worker.cameras[name]
                worker.send(order({"detach": name}))
        placed = {name for worker in self._workers for name in worker.cameras}
        for name, camera in wanted.items():
            if name not in placed:
                worker = self._worker_for(camera)
                worker.cameras[name] = camera
                worker.send(order({"attach": camera}))
        for worker in [worker for worker in self._workers if not worker.cameras]:
            worker.ask_to_end()

    def watch(self, seconds: float) -> None:
        """Reads the workers' messages for at most `seconds`, and restarts those that have died or hang."""
        for key, _ in self._selector.select(seconds):
            worker: _Worker = key.data
            for message in worker.read():
                if "refused" in message:
                    self._say(f"{message['refused']}: {message['error']}")
            if worker.ended:
                self._selector.unregister(worker.output)
                self._bury(worker)
        now = self._clock()
        for worker in self._workers:
            if worker.running and now - worker.heard > SILENT:
                self._say(f"{worker.name} has said nothing for {SILENT:g} s and is started again")
                worker.kill()
            if not worker.running and worker.cameras and now >= worker.start_at:
                self._start(worker)

    def health(self) -> list[WorkerHealth]:
        """All workers at this moment."""
        now = self._clock()
        return [
            WorkerHealth(
                worker.name, worker.group[0], worker.running, worker.restarts, worker.report.get("memory"),
                tuple(worker.cameras), worker.report.get("streams", {}), now - worker.heard,
            )
            for worker in tuple(self._workers)
        ]  # fmt: skip

    def _worker_for(self, camera: Camera) -> "_Worker":
        same = [worker for worker in self._workers if worker.group == camera.group and worker.lasts]
        if len(same) < self._per_group:
            name = f"worker-{len(self._workers) + 1}"
            worker = _Worker(name, camera.group)
            self._workers.append(worker)
            self._start(worker)
            return worker
        return min(same, key=lambda worker: len(worker.cameras))

    def _start(self, worker: "_Worker") -> None:
        worker.start(self._command, self._environment, self._given(worker.group, worker.name), self._clock())
        self._selector.register(worker.output, selectors.EVENT_READ, worker)
        for camera in worker.cameras.values():
            worker.send(order({"attach": camera}))

    def _bury(self, worker: "_Worker") -> None:
        status, now = worker.wait(PATIENCE), self._clock()
        if not worker.cameras:
            self._workers.remove(worker)
            return
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        worker.deaths = worker.deaths + 1 if now - worker.began < LONGEST_WAIT else 1
        pause = 0.0 if worker.deaths == 1 else min(LONGEST_WAIT, 2.0 ** (worker.deaths - 1))
        worker.start_at, worker.restarts = now + pause, worker.restarts + 1
        again = f"again in {pause:g} s" if pause else "again now"
        self._say(f"{worker.name} died ({how}) with {', '.join(worker.cameras)}; it starts {again}")


class _Worker:
    """A process, or a place for one, and its cameras."""

    def __init__(self, name: str, group: Group) -> None:
        self.name, self.group = name, group
        self.cameras: dict[str, Camera] = {}
        self.report: dict[str, Any] = {}
        self.began = self.heard = self.start_at = 0.0
        self.restarts = self.deaths = 0
        self.ended, self.lasts = False, True
        self.output: IO[bytes]
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self, command: Sequence[str], environment: Mapping[str, str], given: str, now: float) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment), bufsize=0
        )
        if self._process.stdout is None:
            raise RuntimeError("a worker has no pipes")
        self.output, self.ended, self._rest, self.report = self._process.stdout, False, b"", {}
        self.began = self.heard = now
        self.send(given)

    def send(self, line: str) -> None:
        """An order; a worker that is not there is given all of its cameras when it starts."""
        if self._process is None or self._process.stdin is None or self._process.stdin.closed:
            return
        try:
            self._process.stdin.write(f"{line}\n".encode())
        except BrokenPipeError:  # it has just died: its output ends, which is how that is noticed
            self.ended = self.ended

    def read(self) -> list[dict[str, Any]]:
        content = os.read(self.output.fileno(), 1 << 16)
        self.ended, self.heard = not content, time.monotonic()
        *lines, self._rest = (self._rest + content).split(b"\n")
        messages = [json.loads(line) for line in lines]
        for message in messages:
            if "streams" in message:
                self.report = message
        return messages

    def ask_to_end(self) -> None:
        self.lasts = False
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def wait(self, patience: float) -> int:
        """Its exit status; it is killed where it does not end in time."""
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            status = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        return status

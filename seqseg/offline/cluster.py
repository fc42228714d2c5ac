"""Sources as tasks of a Ray cluster: a task that loses its worker or its whole machine is done again elsewhere."""

import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seqseg.errors import ConfigError, SeqsegError
from seqseg.offline.jobs import Job
from seqseg.offline.perform import Outcome

RETRIES = 2
"""How often a task is done again when its worker dies with it."""
ANSWER_SECONDS = 5.0
POLL_SECONDS = 0.5
AHEAD = 4  # tasks for each processor that are handed over before they can begin

Task = Callable[[bytes, Job, Callable[[int], None]], Outcome]
"""`task(given, job, watch)`, of a module that the workers have, too."""


class Cluster:
    """A connection to a Ray cluster that is there already.

    Args:
        address: `HOST:PORT` of its head, or "auto" for the one that this machine belongs to.
        cpus, gpus: what each task has for itself.

    Raises:
        ConfigError: Ray is not installed, no cluster answers, or it is of another version.

    Example:
        >>> with Cluster("auto") as cluster:
        ...     for outcome in cluster.run(task, given, jobs, see=progress.see):
        ...         print(outcome.name, outcome.status)
    """

    def __init__(self, address: str, *, cpus: float = 1, gpus: float = 0) -> None:
        if cpus <= 0 or gpus < 0:
            raise ConfigError(f"a task needs more than 0 processors and at least 0 GPUs, got {cpus:g} and {gpus:g}")
        self.address, self._cpus, self._gpus = address, cpus, gpus

    def __enter__(self) -> "Cluster":
        try:
            import ray
        except ImportError:
            raise ConfigError("--cluster needs Ray; run: pip install 'ray>=2.40'") from None
        if self.address != "auto":
            _require_answer(self.address)
        try:
            ray.init(address=self.address, log_to_driver=False, logging_level="ERROR")
        except ConnectionError:
            raise ConfigError(
                f"no Ray cluster answers at {self.address}; start one with: ray start --head, or give its HOST:PORT"
            ) from None
        except RuntimeError as error:
            if "ersion mismatch" not in str(error):
                raise
            raise ConfigError(
                f"the cluster at {self.address} runs another version of Ray or Python than this machine "
                f"(Ray {ray.__version__}); use one version everywhere"
            ) from None
        return self

    def __exit__(self, *error: object) -> None:
        import ray

        ray.shutdown()  # ends the tasks of this run that are still there

    def run(
        self, task: Task, given: bytes, jobs: Sequence[Job], *, see: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        """The outcome of every source, as they end; `see` hears of the frames that are done.

        Raises:
            SeqsegError: of a task, that all others would meet as well, such as a model file that workers cannot see.
        """
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        board = ray.remote(num_cpus=0, scheduling_strategy=here)(_Board).remote()  # any other node may be lost
        remote = ray.remote(num_cpus=self._cpus, num_gpus=self._gpus, max_retries=RETRIES)(_perform)
        waiting, running = deque(jobs), dict[Any, Job]()
        while waiting or running:
            while waiting and len(running) < self._room():
                job = waiting.popleft()
                running[remote.remote(task, given, job, board, self._cpus)] = job
            ended, _ = ray.wait(list(running), num_returns=1, timeout=POLL_SECONDS)
            for name, frames in ray.get(board.read.remote()).items():
                see(name, frames)
            for reference in ended:
                yield _outcome(reference, running.pop(reference))

    def _room(self) -> int:
        """How many tasks are handed over at once; the cluster may have grown."""
        import ray

        return max(2, int(AHEAD * ray.cluster_resources().get("CPU", 1) / self._cpus))


class _Board:
    """Where tasks write how far they are; an actor that needs no processor."""

    def __init__(self) -> None:
        self._news: dict[str, int] = {}

    def see(self, name: str, frames: int) -> None:
        self._news[name] = frames

    def read(self) -> dict[str, int]:
        news, self._news = self._news, {}
        return news


def _perform(task: Task, given: bytes, job: Job, board: Any, cpus: float) -> Outcome:
    """On a worker."""
    import os

    from seqseg.offline.workers import THREADS

    for name in THREADS:  # before the engine is loaded
        os.environ.setdefault(name, str(max(1, int(cpus))))
    return task(given, job, lambda frames: board.see.remote(job.name, frames))


def _outcome(reference: Any, job: Job) -> Outcome:
    import ray

    try:
        outcome: Outcome = ray.get(reference)
    except SeqsegError:  # an error of the task is of its class, too
        raise
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError) as error:
        reason = str(error).strip().splitlines()[0]
        return Outcome(job.name, job.path, "failed", error=f"its worker died {RETRIES + 1} times with it ({reason})")
    return outcome


def _require_answer(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f'--cluster must be HOST:PORT of the head of a Ray cluster, or auto, got "{address}"')
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"no cluster answers at {address}: {reason}; start one with: ray start --head") from None

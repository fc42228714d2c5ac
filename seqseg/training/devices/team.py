"""The devices of a run: one by default, all of a machine, or those of several machines, each with a process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

from seqseg.errors import ConfigError, TrainingError
from seqseg.training.clips import Batch


@dataclass(frozen=True, slots=True)
class Hosts:
    """One of `count` processes that train together; `rank` counts from 0, `address` is that of rank 0.

    Without an address the engine finds all three in the variables of SLURM or Kubernetes.

    >>> Hosts.parse("10.0.0.1:4321,0,2")
    Hosts(address='10.0.0.1:4321', rank=0, count=2)
    """

    address: str | None = None
    rank: int | None = None
    count: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Hosts":
        """From `ADDRESS,RANK,COUNT` or `auto`. ConfigError for anything else."""
        if text == "auto":
            return cls()
        address, *numbers = text.split(",")
        port = address.rpartition(":")[2]
        right = len(numbers) == 2 and port.isdigit() and port != address and all(number.isdigit() for number in numbers)
        if not right or not int(numbers[0]) < int(numbers[1]):
            raise ConfigError(f'--hosts must be ADDRESS,RANK,COUNT such as 10.0.0.1:4321,0,2, or auto, got "{text}"')
        return cls(address, int(numbers[0]), int(numbers[1]))


@dataclass(frozen=True, slots=True)
class Team:
    """Who trains: `devices` in all, in `ranks` processes, of which this is number `rank`."""

    devices: int = 1
    rank: int = 0
    ranks: int = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes the run folder; the others compute the same and keep nothing."""
        return self.rank == 0

    def share(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The rows of each batch that this process takes; every process makes the same batches."""
        if self.ranks == 1:
            return batches
        return (self._rows(batch) for batch in batches)

    def agree(self, asked: bool) -> bool:
        """Whether any process is asked to; all of them ask at the same moment of the run."""
        if self.ranks == 1:
            return asked
        import numpy as np
        from jax.experimental import multihost_utils

        return bool(np.asarray(multihost_utils.process_allgather(np.asarray(asked))).any())

    def _rows(self, batch: Batch) -> Batch:
        def mine(array: Any) -> Any:
            size = len(array) // self.ranks
            return array[self.rank * size : (self.rank + 1) * size]

        rows: Batch = keras.tree.map_structure(mine, batch)
        return rows


ALONE = Team()
"""One device of one process."""


@contextmanager
def team_of(wanted: str | int | None, hosts: Hosts | None, *, batch: int) -> Iterator[Team]:
    """While open, training shares each batch of `batch` clips out among the devices.

    Args:
        wanted: how many devices of this machine, "all", or None: one, or with `hosts` all.
        hosts: the process of each machine.
        batch: clips in a batch, the same whatever the number of devices.

    Raises:
        ConfigError: there are not so many devices, they cannot share the batch, or the backend cannot.
        TrainingError: another process has died.
    """
    if wanted in (None, 1, "1") and hosts is None:
        yield Team()
        return
    if keras.backend.backend() != "jax":
        raise ConfigError(f"--devices and --hosts need --backend jax, got {keras.backend.backend()}")
    if hosts is not None:
        _join(hosts)
    available = keras.distribution.list_devices()
    count = len(available) if hosts is not None or wanted in (None, "all") else _number(wanted)
    if count > len(available):
        raise ConfigError(f"--devices {count}, but there are {len(available)}: {', '.join(available)}")
    if batch % count:
        raise ConfigError(f"training.batch is {batch}, which {count} devices cannot share; use a multiple of {count}")
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=available[:count], auto_shard_dataset=False)
    )
    try:
        yield Team(count, *_place())
    except Exception as error:
        if hosts is None or type(error).__name__ not in ("XlaRuntimeError", "JaxRuntimeError"):
            raise
        reason = str(error).strip().splitlines()[0]
        raise TrainingError(
            f"another process of the run has died or cannot be reached ({reason}); "
            "start all of them again with --resume: it goes on from the last save"
        ) from error
    finally:
        keras.distribution.set_distribution(before)


def _join(hosts: Hosts) -> None:
    import jax

    if jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize(hosts.address, hosts.count, hosts.rank)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the processes of --hosts do not find each other ({reason}); give all of them the same ADDRESS and COUNT"
        ) from error


def _place() -> tuple[int, int]:
    import jax

    return jax.process_index(), jax.process_count()


def _number(text: str | int | None) -> int:
    number = int(str(text)) if str(text).isdigit() else 0
    if number < 1:
        raise ConfigError(f'--devices must be a number from 1, or all, got "{text}"')
    return number

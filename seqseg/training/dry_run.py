"""A run before it is one: data counted, the network built, a few steps timed, nothing written."""

import itertools
import statistics
import time
from dataclasses import dataclass

from seqseg.config import Experiment
from seqseg.inference.cost.machine import can_weigh, peak_memory, start_weighing
from seqseg.training.optimizing.precision import precision
from seqseg.training.setup import Setup, set_up

WARM_UP, TIMED = 1, 2


@dataclass(frozen=True)
class DryRun:
    """What a run would be.

    Attributes:
        setup: data, network and batches.
        step_seconds: of a training step, without the first one, which compiles.
        start_seconds: of the first step.
        peak_bytes: most memory of this process while it trained; None where the system does not report it.
    """

    setup: Setup
    step_seconds: float
    start_seconds: float
    peak_bytes: int | None

    @property
    def epoch_seconds(self) -> float:
        """Of an epoch, without its validation."""
        return self.step_seconds * self.setup.steps


def dry_run(experiment: Experiment) -> DryRun:
    """Open the data, build the network and time a few steps of `experiment`. Writes nothing.

    Raises:
        ConfigError, DataError, ModelError: what `train` raises for these settings.
    """
    with precision(experiment.training.precision):
        setup = set_up(experiment)
        if can_weigh():
            start_weighing()
        seconds = []
        setup.learner.start_epoch()
        for inputs, targets in itertools.islice(setup.batches(0), WARM_UP + TIMED):
            start = time.perf_counter()
            setup.learner.train_on_batch(inputs, targets, return_dict=True)
            seconds.append(time.perf_counter() - start)
    peak = peak_memory() if can_weigh() else None
    return DryRun(setup, statistics.median(seconds[WARM_UP:]), seconds[0], peak)

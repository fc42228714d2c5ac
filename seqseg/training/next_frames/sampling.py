"""Which frames of a clip a predictor sees while it trains, and which are replaced by its own predictions.

"teacher" shows every true frame. "scheduled" (Bengio et al. 2015) shows those after the context with a probability that
falls from 1 to 0. "reverse_scheduled" (Wang et al. 2021, PredRNN v2) does the reverse within the context as well: at
first half of its frames are predictions, which forces the memory to remember, in the end none.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from seqseg.errors import ConfigError
from seqseg.registry import as_table, make


class Sampling(Protocol):
    """Probabilities of true frames over the steps of a run."""

    def always(self, context: int) -> int:
        """How many frames at the beginning of a clip are true ones in every step."""

    def shares(self, step: int) -> tuple[float, float]:
        """The probabilities of a true frame within the context and after it."""


class Scheduled:
    """True frames after the context with a probability that falls in a line from `start` to 0 at step `until`."""

    def __init__(self, *, start: float = 1.0, until: int) -> None:
        if not 0 <= start <= 1 or until < 1:
            raise ConfigError(f"training.sampling needs a start of 0 to 1 and until of 1 or more, got {start}, {until}")
        self.start, self.until = start, until

    def always(self, context: int) -> int:
        return context

    def shares(self, step: int) -> tuple[float, float]:
        return 1.0, self.start * max(0.0, 1 - step / self.until)


class ReverseScheduled:
    """Within the context 1/2 up to step `first`, then 1 - exp(-(step - first) / alpha) / 2, and 1 from `second` on;
    after it 1/2 up to `first`, then falling in a line to 0 at `second`."""

    def __init__(self, *, first: int, second: int, alpha: float) -> None:
        if not 0 <= first < second or alpha <= 0:
            raise ConfigError(
                f"training.sampling needs 0 <= first < second and alpha above 0, got {first}, {second}, {alpha}"
            )
        self.first, self.second, self.alpha = first, second, alpha

    def always(self, context: int) -> int:
        return 1  # there is no prediction of the first frame

    def shares(self, step: int) -> tuple[float, float]:
        if step < self.first:
            return 0.5, 0.5
        if step >= self.second:
            return 1.0, 0.0
        past = step - self.first
        return 1 - 0.5 * math.exp(-past / self.alpha), 0.5 - 0.5 * past / (self.second - self.first)


SAMPLINGS = {"scheduled": Scheduled, "reverse_scheduled": ReverseScheduled}


def make_sampling(wanted: str | Mapping[str, Any], *, steps: int) -> Sampling | None:
    """The sampling of `training.sampling`, a name or a table; None for "teacher".

    Its defaults are PredRNN v2's, scaled from 80,000 steps to `steps`.

    Raises:
        ConfigError: an unknown sampling or option.
    """
    options = as_table(wanted)
    name = options.pop("name", None)
    if name == "teacher":
        if options:
            raise ConfigError(f"training.sampling teacher takes no options, got {', '.join(options)}")
        return None
    if not isinstance(name, str) or name not in SAMPLINGS:
        raise ConfigError(f"training.sampling needs a name, one of teacher, {', '.join(SAMPLINGS)}; got {wanted!r}")
    usual: dict[str, Any] = {
        "scheduled": {"until": max(1, steps * 5 // 8)},
        "reverse_scheduled": {"first": steps * 5 // 16, "second": max(1, steps * 5 // 8), "alpha": max(1, steps // 16)},
    }[name]
    sampling: Sampling = make(SAMPLINGS, "training.sampling", name, **(usual | options))
    return sampling


def given_frames(sampling: Sampling, step: int, *, shape: tuple[int, int], context: int, seed: int) -> np.ndarray:
    """Which of the frames (n, t) are true ones in training step `step`: booleans, a pure function of the step."""
    within, after = sampling.shares(step)
    share = np.where(np.arange(shape[1]) < context, within, after)
    share[0] = 1.0  # there is no prediction of it
    return np.asarray(np.random.default_rng([seed, 2, step]).random(shape) < share)


def with_given(
    batches: Iterable[tuple[np.ndarray, np.ndarray]], sampling: Sampling, *, start: int, context: int, seed: int
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Batches (frames, targets) from step `start` on -> ({"clip": frames, "given": booleans (n, t)}, targets)."""
    for step, (frames, targets) in enumerate(batches, start=start):
        given = given_frames(sampling, step, shape=(frames.shape[0], frames.shape[1]), context=context, seed=seed)
        yield {"clip": frames, "given": given}, targets

"""Which frames of a clip a predictor sees while it trains, and at which its own prediction stands instead.

"teacher" shows every true frame. "scheduled" (Bengio et al. 2015) shows those after the context with a probability that
falls from 1 to 0. "reverse_scheduled" (Wang et al. 2021, PredRNN v2) does it the other way round in the context too:
at first half of its frames are the network's own, which forces the memory to remember, at last none are.
"""

import math

import numpy as np

from seqseg.errors import ConfigError
from seqseg.registry import make


class Scheduled:
    """True frames after the context with a probability that falls in a line from `start` to 0 at step `until`."""

    def __init__(self, *, start=1.0, until):
        if not 0 <= start <= 1 or until < 1:
            raise ConfigError(f"training.sampling needs a start of 0 to 1 and until of 1 or more, got {start}, {until}")
        self.start, self.until = start, until

    def always(self, context):
        """How many frames at the beginning are true ones in every step."""
        return context

    def shares(self, step):
        """The probabilities of a true frame within the context and after it."""
        return 1.0, self.start * max(0.0, 1 - step / self.until)


class ReverseScheduled:
    """Within the context 1/2 up to step `first`, then 1 - exp(-(step - first) / alpha) / 2, and 1 from `second` on;
    after it 1/2 up to `first`, then falling in a line to 0 at `second`."""

    def __init__(self, *, first, second, alpha):
        if not 0 <= first < second or alpha <= 0:
            raise ConfigError(
                f"training.sampling needs 0 <= first < second and alpha above 0, got {first}, {second}, {alpha}"
            )
        self.first, self.second, self.alpha = first, second, alpha

    def always(self, context):
        """How many frames at the beginning are true ones in every step: nothing was predicted ahead of the first."""
        return 1

    def shares(self, step):
        """The probabilities of a true frame within the context and after it."""
        if step < self.first:
            return 0.5, 0.5
        if step >= self.second:
            return 1.0, 0.0
        past = step - self.first
        return 1 - 0.5 * math.exp(-past / self.alpha), 0.5 - 0.5 * past / (self.second - self.first)


SAMPLINGS = {"scheduled": Scheduled, "reverse_scheduled": ReverseScheduled}


def make_sampling(wanted, *, steps):
    """None for "teacher", else what a name or table asks for, spread over a run of `steps` as PredRNN v2's over 80,000.

    Raises:
        ConfigError: there is no such sampling, or an option that it does not take.
    """
    options = {"name": wanted} if isinstance(wanted, str) else dict(wanted)
    name = options.pop("name", None)
    if name == "teacher":
        if options:
            raise ConfigError(f"training.sampling teacher takes no options, got {', '.join(options)}")
        return None
    if name not in SAMPLINGS:
        raise ConfigError(f"training.sampling needs a name, one of teacher, {', '.join(SAMPLINGS)}; got {wanted!r}")
    usual = {
        "scheduled": {"until": max(1, steps * 5 // 8)},
        "reverse_scheduled": {"first": steps * 5 // 16, "second": max(1, steps * 5 // 8), "alpha": max(1, steps // 16)},
    }[name]
    return make(SAMPLINGS, "training.sampling", name, **(usual | options))


def given_frames(sampling, step, *, shape, context, seed):
    """Which of the frames (n, t) that go in are true ones in training step `step`: booleans, a pure function of it."""
    within, after = sampling.shares(step)
    share = np.where(np.arange(shape[1]) < context, within, after)
    share[0] = 1.0  # nothing was predicted ahead of it
    return np.random.default_rng([seed, 2, step]).random(shape) < share


def with_given(batches, sampling, *, start, context, seed):
    """Batches (frames, targets) from step `start` on -> ({"clip": frames, "given": booleans (n, t)}, targets)."""
    for step, (frames, targets) in enumerate(batches, start=start):
        given = given_frames(sampling, step, shape=frames.shape[:2], context=context, seed=seed)
        yield {"clip": frames, "given": given}, targets

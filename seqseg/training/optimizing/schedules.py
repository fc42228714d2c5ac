"""The learning rate over a run, and the optimizer that follows it."""

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import keras
from keras import ops

from seqseg.config import TrainingConfig
from seqseg.errors import ConfigError
from seqseg.training.optimizing.paced_optimizer import PacedAdamW

SHAPES: dict[str, Callable[[Any], Any]] = {
    "constant": lambda done: ops.ones_like(done),
    "cosine": lambda done: 0.5 * (1 + ops.cos(math.pi * done)),
    "poly": lambda done: (1 - done) ** 0.9,
}
"""The fraction of the peak after a fraction `done` of the steps that follow the warm-up; poly as in DeepLab."""


@keras.saving.register_keras_serializable("seqseg")
class WarmUpThen(keras.optimizers.schedules.LearningRateSchedule):
    """A straight line up to `learning_rate` in `warmup_steps`, then down to zero at `steps` in the given shape.

    Args:
        learning_rate: the peak.
        steps: of the whole run, warm-up included.
        warmup_steps: 0 starts at the peak.
        shape: "cosine", "poly" or "constant".

    Example:
        >>> [round(float(WarmUpThen(1.0, 6, warmup_steps=2)(step)), 2) for step in range(6)]
        [0.5, 1.0, 1.0, 0.85, 0.5, 0.15]
    """

    def __init__(self, learning_rate: float, steps: int, *, warmup_steps: int = 0, shape: str = "cosine") -> None:
        if shape not in SHAPES:
            raise ConfigError(f"unknown training.schedule {shape!r}; use one of {', '.join(SHAPES)}")
        self.learning_rate = learning_rate
        self.steps = steps
        self.warmup_steps = warmup_steps
        self.shape = shape

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        # The first step has a rate above zero; it would be wasted otherwise.
        rising = (step + 1) / max(1, self.warmup_steps)
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        falling = SHAPES[self.shape](ops.clip(done, 0.0, 1.0))
        return self.learning_rate * ops.where(step < self.warmup_steps, rising, falling)

    def get_config(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "steps": self.steps,
            "warmup_steps": self.warmup_steps,
            "shape": self.shape,
        }


def make_schedule(config: TrainingConfig, *, steps: int) -> WarmUpThen:
    """The learning rate of a run of `steps` steps, from the `[training]` settings.

    Raises:
        ConfigError: the warm-up is not shorter than the run.
    """
    if config.warmup_steps >= steps:
        raise ConfigError(
            f"training.warmup_steps is {config.warmup_steps}, but the whole run has {steps} steps; "
            "warm up for less, or train for more epochs"
        )
    return WarmUpThen(config.learning_rate, steps, warmup_steps=config.warmup_steps, shape=config.schedule)


def make_optimizer(
    config: TrainingConfig,
    variables: Sequence[keras.Variable],
    schedule: keras.optimizers.schedules.LearningRateSchedule,
    *,
    encoder: Collection[keras.Variable] = (),
) -> keras.optimizers.Optimizer:
    """AdamW from the `[training]` settings, built for `variables`.

    Biases and the scales and offsets of norms (every variable with one axis) do not decay. The variables in `encoder`
    learn at `encoder_rate` times the rate of the others. With `ema` it also keeps their average; see `WeightAverage`.
    """
    average: dict[str, Any] = {"use_ema": True, "ema_momentum": config.ema} if config.ema else {}
    if config.encoder_rate != 1 or config.ema:
        slow = {id(variable) for variable in encoder}
        optimizer = PacedAdamW(
            [config.encoder_rate if id(variable) in slow else 1.0 for variable in variables],
            learning_rate=schedule, decay=config.weight_decay, global_clipnorm=config.clip_norm, **average,
        )  # fmt: skip
        optimizer.build(variables)
        return optimizer
    optimizer = keras.optimizers.AdamW(
        learning_rate=schedule, weight_decay=config.weight_decay, global_clipnorm=config.clip_norm
    )
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    return optimizer

"""The learning rate over a run, and the optimizer that follows it."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

import keras
from keras import ops

from seqseg.config import TrainingConfig
from seqseg.errors import ConfigError
from seqseg.registry import as_table, check_options, suggestion
from seqseg.training.optimizing.paced_optimizer import Paced, PacedAdamW, PacedRMSprop, PacedSGD

Common: TypeAlias = Mapping[str, Any]
"""What every optimizer takes: learning_rate, decay, global_clipnorm, and what an average needs."""

Shape: TypeAlias = Callable[[Any], Any]
"""The fraction of the peak after a fraction `done` of the steps that follow the warm-up."""


def constant() -> Shape:
    """The peak all the time."""
    return lambda done: ops.ones_like(done)


def cosine() -> Shape:
    """Half a cosine, down to zero."""
    return lambda done: 0.5 * (1 + ops.cos(math.pi * done))


def poly(*, power: float = 0.9) -> Shape:
    """A power of what is left, down to zero, as DeepLab (Chen et al. 2017)."""
    return lambda done: (1 - done) ** power


def exponential(*, end: float = 0.01) -> Shape:
    """Down by the same factor every step, to the fraction `end`."""
    return lambda done: end**done


def staircase(*, factor: float = 0.5, times: int = 4) -> Shape:
    """`factor` times as much after each of `times` equal stretches."""
    return lambda done: factor ** ops.minimum(ops.floor(done * (times + 1)), times)


def drops(*, at: Sequence[float] = (0.5, 0.75), factor: float = 0.1) -> Shape:
    """`factor` times as much at each of the fractions `at` of the run."""
    return lambda done: factor ** sum(ops.cast(done >= place, "float32") for place in at)


SHAPES: dict[str, Callable[..., Shape]] = {
    "constant": constant,
    "cosine": cosine,
    "poly": poly,
    "exponential": exponential,
    "staircase": staircase,
    "drops": drops,
}
"""Ways for the learning rate to fall, by name; `training.schedule` takes a name or a table of one with its options."""


def sgd(rates: Sequence[float], common: Common, /, *, momentum: float = 0.9, nesterov: bool = False) -> Paced:
    """Stochastic gradient descent with momentum."""
    return PacedSGD(rates, momentum=momentum, nesterov=nesterov, **common)


def rmsprop(rates: Sequence[float], common: Common, /, *, rho: float = 0.9, momentum: float = 0.0) -> Paced:
    """RMSprop (Hinton 2012)."""
    return PacedRMSprop(rates, rho=rho, momentum=momentum, **common)


def adam(rates: Sequence[float], common: Common, /, *, beta_1: float = 0.9, beta_2: float = 0.999) -> Paced:
    """Adam (Kingma and Ba 2015): AdamW without its decay, so that `training.weight_decay` does not count."""
    return PacedAdamW(rates, beta_1=beta_1, beta_2=beta_2, **{**common, "decay": 0.0})


def adamw(rates: Sequence[float], common: Common, /, *, beta_1: float = 0.9, beta_2: float = 0.999) -> Paced:
    """AdamW (Loshchilov and Hutter 2019)."""
    return PacedAdamW(rates, beta_1=beta_1, beta_2=beta_2, **common)


OPTIMIZERS: dict[str, Callable[..., Paced]] = {"adamw": adamw, "adam": adam, "sgd": sgd, "rmsprop": rmsprop}
"""Optimizers by name; `training.optimizer` takes a name or a table of one with its options."""


@keras.saving.register_keras_serializable("seqseg")
class WarmUpThen(keras.optimizers.schedules.LearningRateSchedule):
    """A straight line up to `learning_rate` in `warmup_steps`, then down until `steps` in the given shape.

    Args:
        learning_rate: the peak.
        steps: of the whole run, warm-up included.
        warmup_steps: 0 starts at the peak.
        shape: a name of `SHAPES`, or a table of one with its options, {"name": "staircase", "factor": 0.5}.

    Example:
        >>> [round(float(WarmUpThen(1.0, 6, warmup_steps=2)(step)), 2) for step in range(6)]
        [0.5, 1.0, 1.0, 0.85, 0.5, 0.15]
    """

    def __init__(
        self, learning_rate: float, steps: int, *, warmup_steps: int = 0, shape: str | Mapping[str, Any] = "cosine"
    ) -> None:
        make, options = _chosen(SHAPES, "training.schedule", shape)
        self.learning_rate = learning_rate
        self.steps = steps
        self.warmup_steps = warmup_steps
        self.shape = shape if isinstance(shape, str) else dict(shape)
        self._fraction = make(**options)

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        # The first step has a rate above zero; it would be wasted otherwise.
        rising = (step + 1) / max(1, self.warmup_steps)
        done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        falling = self._fraction(ops.clip(done, 0.0, 1.0))
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
    """The optimizer of the `[training]` settings, built for `variables`.

    Biases and the scales and offsets of norms (every variable with one axis) do not decay. The variables in `encoder`
    learn at `encoder_rate` times the rate of the others. With `ema` it also keeps their average; see `WeightAverage`.

    Raises:
        ConfigError: no such optimizer, or an option that it does not take.
    """
    if config.optimizer == "adamw" and config.encoder_rate == 1 and not config.ema:
        return _plain_adamw(config, variables, schedule)
    average: dict[str, Any] = {"use_ema": True, "ema_momentum": config.ema} if config.ema else {}
    make, options = _chosen(OPTIMIZERS, "training.optimizer", config.optimizer)
    slow = {id(variable) for variable in encoder}
    rates = [config.encoder_rate if id(variable) in slow else 1.0 for variable in variables]
    common = average | {
        "learning_rate": schedule, "decay": config.weight_decay, "global_clipnorm": config.clip_norm
    }  # fmt: skip
    optimizer: Paced = make(rates, common, **options)
    optimizer.build(variables)
    return optimizer


def _plain_adamw(
    config: TrainingConfig,
    variables: Sequence[keras.Variable],
    schedule: keras.optimizers.schedules.LearningRateSchedule,
) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW(
        learning_rate=schedule, weight_decay=config.weight_decay, global_clipnorm=config.clip_norm
    )
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    return optimizer


def _chosen(
    registry: Mapping[str, Callable[..., Any]], key: str, wanted: str | Mapping[str, Any]
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """What a name, or a table of a name and options, stands for."""
    options = as_table(wanted)
    name = options.pop("name", None)
    if not isinstance(name, str) or name not in registry:
        near = suggestion(name, registry) if isinstance(name, str) else ""
        raise ConfigError(f"unknown {key} {name!r}{near}; use one of {', '.join(registry)}")
    check_options(registry[name], f"{key} {name!r}", options)
    return registry[name], options

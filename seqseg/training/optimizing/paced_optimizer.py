"""Optimizers with a learning-rate factor for each variable."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

AGE = 9
"""The average of the weights after `step` steps looks back at most (step + AGE) / AGE of them."""


class Paced(keras.optimizers.Optimizer):
    """What is added to an optimizer of Keras: a factor on the rate of each variable, decay of kernels, an average.

    Large steps would destroy a pretrained encoder before the new layers have learnt to use it. Clipping the global norm
    sees the gradients of all variables without the factors. Decay is that of AdamW (Loshchilov and Hutter 2019): a
    variable shrinks by its rate times `decay` a step.

    Args:
        rates: one factor a variable, in the order of `build`.
        decay: weight decay of variables with more than one axis; biases and norms do not decay.
        use_ema, ema_momentum: keep an average of the variables; the momentum is the largest, see `WeightAverage`.
        learning_rate, global_clipnorm and others: of the optimizer itself.
    """

    def __init__(
        self,
        rates: Sequence[float],
        *,
        learning_rate: Any = 0.001,
        decay: float = 0.0,
        global_clipnorm: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, global_clipnorm=global_clipnorm, **kwargs)
        self.rates = tuple(float(rate) for rate in rates)
        self.decay = decay

    def build(self, variables: Sequence[keras.Variable]) -> None:
        if len(variables) != len(self.rates):
            raise ValueError(f"there are {len(self.rates)} rates for {len(variables)} variables; give one each")
        super().build(variables)

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        rate = self.rates[self._get_variable_index(variable)]
        learning_rate = ops.cast(learning_rate, variable.dtype) * rate
        if len(variable.shape) > 1 and self.decay:
            self.assign_sub(variable, variable * (learning_rate * self.decay))
        super().update_step(gradient, variable, learning_rate)

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[keras.Variable]) -> None:
        """Keras' own average keeps its start for long; this one starts as a mean of few steps, then of more."""
        step = ops.cast(self.iterations, "float32")
        momentum = ops.minimum(self.ema_momentum, step / (step + AGE))
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            average.assign(average + ops.cast(1 - momentum, average.dtype) * (variable - average))

    def get_config(self) -> dict[str, Any]:
        # Keras' own weight decay, which has no factors, is off.
        config: dict[str, Any] = super().get_config()
        return config | {"rates": self.rates, "decay": self.decay}


@keras.saving.register_keras_serializable("seqseg")
class PacedAdamW(Paced, keras.optimizers.Adam):
    """AdamW (Loshchilov and Hutter 2019), see `Paced`.

    Example:
        >>> optimizer = PacedAdamW([0.1, 0.1, 1.0], learning_rate=1e-3)
        >>> optimizer.build([kernel, bias, new_kernel])
    """

    def __init__(self, rates: Sequence[float], *, name: str = "paced_adamw", **kwargs: Any) -> None:
        super().__init__(rates, name=name, **kwargs)


@keras.saving.register_keras_serializable("seqseg")
class PacedSGD(Paced, keras.optimizers.SGD):
    """Stochastic gradient descent with momentum, see `Paced`."""


@keras.saving.register_keras_serializable("seqseg")
class PacedRMSprop(Paced, keras.optimizers.RMSprop):
    """RMSprop (Hinton 2012), see `Paced`."""

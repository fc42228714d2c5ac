"""AdamW in which some variables learn more slowly than others."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqseg")
class PacedAdamW(keras.optimizers.Adam):
    """AdamW (Loshchilov and Hutter 2019) with a factor on the learning rate of each variable, its decay included.

    An encoder with weights from elsewhere knows much that large steps would wash away before the new layers, which know
    nothing, have learnt to use it. Clipping the global norm sees the gradients of all variables as they are.

    Args:
        rates: one factor a variable, in the order of those that it is built for.
        decay: weight decay of variables with more than one axis; biases and norms do not decay.
        learning_rate, global_clipnorm: as for Keras' AdamW.

    Example:
        >>> optimizer = PacedAdamW([0.1, 0.1, 1.0], learning_rate=1e-3)
        >>> optimizer.build([kernel, bias, new_kernel])
    """

    def __init__(self, rates, *, learning_rate=0.001, decay=0.0, global_clipnorm=None, name="paced_adamw", **kwargs):
        super().__init__(learning_rate=learning_rate, global_clipnorm=global_clipnorm, name=name, **kwargs)
        self.rates = tuple(float(rate) for rate in rates)
        self.decay = decay

    def build(self, variables):
        if len(variables) != len(self.rates):
            raise ValueError(f"there are {len(self.rates)} rates for {len(variables)} variables; give one each")
        super().build(variables)

    def update_step(self, gradient, variable, learning_rate):
        rate = self.rates[self._get_variable_index(variable)]
        learning_rate = ops.cast(learning_rate, variable.dtype) * rate
        if len(variable.shape) > 1 and self.decay:
            self.assign_sub(variable, variable * (learning_rate * self.decay))
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        # Keras' own weight decay, which knows no factors, is off.
        return super().get_config() | {"rates": self.rates, "decay": self.decay}

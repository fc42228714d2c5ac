"""The average of a network's weights over training, which is validated and saved."""

from collections.abc import Sequence

import keras

from seqseg.models.clip_model import ClipModel


class WeightAverage:
    """A copy of a network whose weights are the exponential moving average that the optimizer keeps of them.

    The average is one of the optimizer's variables, so that a resume is exact; this class copies it into a second
    network (Polyak and Juditsky 1992). It is Keras' `use_ema` with a momentum that grows to its value, as TensorFlow's
    `ExponentialMovingAverage` has it. Running statistics of norms and frozen weights are those of the network itself.

    Args:
        network: the model that learns.
        optimizer: built, with `use_ema`.
        variables: those that the optimizer was built for, in its order.
    """

    def __init__(
        self, network: ClipModel, optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
    ) -> None:
        self.network = network
        self.averages = {
            id(variable): average
            for variable, average in zip(variables, optimizer._model_variables_moving_average, strict=True)
        }
        self.averaged: ClipModel = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))

    def settle(self) -> None:
        """Copy the current average into `averaged`."""
        for mine, theirs in zip(self.averaged.weights, self.network.weights, strict=True):
            mine.assign(self.averages.get(id(theirs), theirs).value)

"""The average of a network's weights over training, which is what is validated and saved."""

import keras


class WeightAverage:
    """A copy of a network whose weights are the exponential moving average that the optimizer keeps of them.

    The optimizer counts the average in with its own variables, so that it goes on exactly after a resume; this class
    only brings it into a network of its own (Polyak and Juditsky 1992; Keras' `use_ema`). Running statistics of norms
    and what is frozen are those of the network as it stands.

    Args:
        network: what learns.
        optimizer: built, with `use_ema`.
        variables: those that the optimizer was built for, in its order.
    """

    def __init__(self, network, optimizer, variables):
        self.network = network
        self.averages = {
            id(variable): average
            for variable, average in zip(variables, optimizer._model_variables_moving_average, strict=True)
        }
        self.averaged = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))

    def settle(self):
        """Put the average of now into `averaged`."""
        for mine, theirs in zip(self.averaged.weights, self.network.weights, strict=True):
            mine.assign(self.averages.get(id(theirs), theirs).value)

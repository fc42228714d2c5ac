"""Skip the sum of gradients over devices when there is only one."""

from typing import Any

import keras


def for_one_replica(optimizer: Any) -> Any:
    """The optimizer; on TensorFlow with one device it no longer sums gradients over all devices.

    Keras sums them over one device, too. TensorFlow wraps that sum in a custom gradient and registers it for the rest
    of the process, with the graph of the whole training step: about 5 MiB for every size of clips.

    Args:
        optimizer: a Keras optimizer or the name of one.
    """
    optimizer = keras.optimizers.get(optimizer)
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        if tensorflow.distribute.get_strategy().num_replicas_in_sync == 1:
            optimizer._all_reduce_sum_gradients = list
    return optimizer

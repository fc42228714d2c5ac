"""What all methods that learn from unlabelled clips have in common."""

import keras
from keras import ops

from seqseg.errors import ConfigError


class UnlabelledLearning(keras.layers.Layer):
    """Passes clips with and without labels through a network and adds what the latter teach to the loss.

    Called on {"labelled": clips (n, t, h, w, c), "unlabelled": clips (m, t, h, w, c)} it gives the logits of the
    labelled ones, (n, t, h, w, classes); its cost is in `losses`, which every training step of Keras adds.

    Everything it changes is in its variables, so that a run is resumed exactly. A subclass implements `call`.

    Args:
        network: the model that learns.
        weight: of the cost, beside the loss of the labelled clips.
        ramp: in how many steps the weight grows to its full size, by exp(-5 (1 - step / ramp)^2) as Tarvainen and
            Valpola (2017) and others have it; 0 is full from the start.
    """

    needs_motion = False
    """Whether clips of a single frame teach nothing."""

    motion = False
    """Whether the batches must bring where the pixels of each frame were before; see `with_unlabelled`."""

    def __init__(self, network, *, weight, ramp, name):
        # In float32 whatever the network computes in: averages of weights and losses need the precision.
        super().__init__(name=name, dtype="float32")
        check_number("weight", weight)
        check_number("ramp", ramp, whole=True)
        self.network = network
        self.weight = weight
        self.ramp = ramp
        self.step = self.add_weight(shape=(), initializer="zeros", trainable=False, name="step")
        self.built = True

    @property
    def kept(self):
        """The model that is validated and saved."""
        return self.network

    def settle(self):
        """Bring what follows the weights up to date, before it is validated and saved."""

    def add_cost(self, cost):
        """Add a cost to the loss of this step, and count the step."""
        self.add_loss(self.weight * self.ramped() * cost)
        self.step.assign_add(1.0)

    def ramped(self):
        """The share of the weight that counts in this step."""
        if not self.ramp:
            return ops.ones(())
        return ops.exp(-5.0 * ops.square(1.0 - ops.minimum(self.step / self.ramp, 1.0)))


def logits_of_both(network, labelled, unlabelled, *, training):
    """(logits of the labelled clips, logits of the unlabelled ones), from one pass where they are of one size.

    Then norms see one batch, as in prediction; of two sizes each has the statistics of its own.
    """
    if labelled.shape[1:] != unlabelled.shape[1:]:
        return network(labelled, training=training), network(unlabelled, training=training)
    logits = network(joined(labelled, unlabelled), training=training)
    return logits[: labelled.shape[0]], logits[labelled.shape[0] :]


def joined(labelled, unlabelled):
    """Two batches of one size as one."""
    if labelled.dtype != unlabelled.dtype:
        labelled, unlabelled = ops.cast(labelled, "float32"), ops.cast(unlabelled, "float32")
    return ops.concatenate([labelled, unlabelled], axis=0)


def check_number(name, value, *, least=0, most=None, whole=False):
    """ConfigError unless an option of `training.unlabelled` is a number in its range."""
    kinds = int if whole else (int, float)
    if isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= (value if most is None else most):
        return
    kind = "a whole number" if whole else "a number"
    bounds = f"from {least} on" if most is None else f"from {least} to {most}"
    raise ConfigError(f"training.unlabelled needs {kind} {bounds} for {name}, got {value!r}")

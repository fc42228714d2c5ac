"""The base of all methods that learn from unlabelled clips."""

from typing import Any

import keras
from keras import ops

from seqseg.errors import ConfigError
from seqseg.models.clip_model import ClipModel


class UnlabelledLearning(keras.layers.Layer):
    """Passes clips with and without labels through a network and adds the cost of the unlabelled ones to the loss.

    Called on {"labelled": clips (n, t, h, w, c), "unlabelled": clips (m, t, h, w, c)} it gives the logits of the
    labelled ones, (n, t, h, w, classes); its cost is in `losses`, which Keras adds in every training step.

    All that it changes is in its variables, so that a run resumes exactly. A subclass implements `call`.

    Args:
        network: the model that learns.
        weight: of the cost, relative to the loss of the labelled clips.
        ramp: the number of steps over which the weight grows to its full size, by exp(-5 (1 - step / ramp)^2) as in
            Tarvainen and Valpola (2017); 0 is full from the start.
    """

    needs_motion = False
    """Whether the method needs clips of several frames."""

    motion = False
    """Whether batches need the optical flow of the unlabelled clips; see `with_unlabelled`."""

    def __init__(self, network: ClipModel, *, weight: float, ramp: int, name: str) -> None:
        # float32 in any precision of the network: averages of weights and losses need it.
        super().__init__(name=name, dtype="float32")
        check_number("weight", weight)
        check_number("ramp", ramp, whole=True)
        self.network = network
        self.weight = weight
        self.ramp = ramp
        self.step = self.add_weight(shape=(), initializer="zeros", trainable=False, name="step")
        self.built = True

    @property
    def kept(self) -> ClipModel:
        """The model that is validated and saved."""
        return self.network

    def settle(self) -> None:
        """Bring `kept` up to date before it is validated and saved."""

    def add_cost(self, cost: keras.KerasTensor) -> None:
        """Add a cost to the loss of this step, and count the step."""
        self.add_loss(self.weight * self.ramped() * cost)
        self.step.assign_add(1.0)

    def ramped(self) -> keras.KerasTensor:
        """The fraction of the weight in this step."""
        if not self.ramp:
            return ops.ones(())
        return ops.exp(-5.0 * ops.square(1.0 - ops.minimum(self.step / self.ramp, 1.0)))


def logits_of_both(
    network: ClipModel, labelled: keras.KerasTensor, unlabelled: keras.KerasTensor, *, training: bool | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(logits of the labelled clips, logits of the unlabelled ones), from one pass if they have the same size.

    Norms then see one batch, as in prediction; clips of two sizes have two sets of statistics.
    """
    if labelled.shape[1:] != unlabelled.shape[1:]:
        return network(labelled, training=training), network(unlabelled, training=training)
    logits = network(joined(labelled, unlabelled), training=training)
    return logits[: labelled.shape[0]], logits[labelled.shape[0] :]


def joined(labelled: keras.KerasTensor, unlabelled: keras.KerasTensor) -> keras.KerasTensor:
    """Two batches of one size as one."""
    if labelled.dtype != unlabelled.dtype:
        labelled, unlabelled = ops.cast(labelled, "float32"), ops.cast(unlabelled, "float32")
    return ops.concatenate([labelled, unlabelled], axis=0)


def check_number(name: str, value: Any, *, least: float = 0, most: float | None = None, whole: bool = False) -> None:
    """ConfigError unless an option of `training.unlabelled` is a number in its range."""
    kinds = (int,) if whole else (int, float)
    if isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= (value if most is None else most):
        return
    kind = "a whole number" if whole else "a number"
    bounds = f"from {least} on" if most is None else f"from {least} to {most}"
    raise ConfigError(f"training.unlabelled needs {kind} {bounds} for {name}, got {value!r}")

"""What training leaves alone: batch norms, and the first stages of an encoder."""

import keras

from seqseg.errors import ConfigError


@keras.saving.register_keras_serializable("seqseg")
class FrozenBatchNormalization(keras.layers.BatchNormalization):
    """A batch norm that stays as it is: it always uses the statistics that it came with, and none of it is trained.

    Setting `trainable` on it or on a model around it changes nothing. Statistics of another set of images and a batch
    of a few clips are the two things that fine-tuning does not survive well.
    """

    def add_weight(self, *args, **kwargs):
        return super().add_weight(*args, **(kwargs | {"trainable": False}))

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=False, mask=mask)


def with_frozen_norms(model):
    """A copy of a functional model, weights and all, whose batch norms are frozen for good."""

    def clone(layer):
        kind = FrozenBatchNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def freeze_up_to(model, until):
    """Train nothing that the output `until` of a functional model depends on, or nothing at all for "all".

    Args:
        model: functional, with a dict of outputs: level -> features.
        until: a level such as "P3", "all", or None for nothing.

    Raises:
        ConfigError: the model has no such level.
    """
    if until is None:
        return
    if until == "all":
        model.trainable = False
        return
    if until not in model.output:
        raise ConfigError(f"freeze must be one of {', '.join(model.output)} or all, got {until!r}")
    for layer in keras.Model(model.input, model.output[until]).layers:
        layer.trainable = False

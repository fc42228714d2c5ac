"""Freezing: batch norms, and the first stages of an encoder."""

import keras

from seqseg.errors import ConfigError


@keras.saving.register_keras_serializable("seqseg")
class FrozenBatchNormalization(keras.layers.BatchNormalization):
    """A batch norm that is never trained and always uses the statistics it was loaded with.

    Setting `trainable` on it or on a model around it changes nothing. Statistics of other images or of batches of a few
    clips harm fine-tuning.
    """

    def add_weight(self, *args, **kwargs):
        return super().add_weight(*args, **(kwargs | {"trainable": False}))

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs, training=False, mask=mask)


def with_frozen_norms(model):
    """A copy of a functional model with its weights, whose batch norms are frozen."""

    def clone(layer):
        kind = FrozenBatchNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=clone)
    copy.set_weights(model.get_weights())
    return copy


def freeze_up_to(model, until):
    """Freeze everything that the output `until` of a functional model depends on; "all" freezes the whole model.

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

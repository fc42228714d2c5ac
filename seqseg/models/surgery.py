"""Changes to a built model: freeze and unfreeze its stages, regularize its kernels."""

import dataclasses
from collections.abc import Sequence

import keras

from seqseg.errors import ConfigError, ModelError
from seqseg.models.backbones.freezing import freeze_up_to


def freeze(model: keras.Model, *, until: str = "all") -> None:
    """Freeze the encoder of a `Segmenter` up to the stage that makes the level `until`.

    Its batch norms keep their statistics, too. Call it before the optimizer is built. Like `trainable` of any layer it
    is not saved in the model's file; the encoder's own option `freeze` is.

    Args:
        model: a `Segmenter`.
        until: a level such as "P3", or "all" for the whole encoder.

    Raises:
        ConfigError: the encoder has no such level.
        ModelError: the encoder has no stages, so only "all" works; or the model has no encoder.

    Example:
        >>> freeze(model, until="P2")   # train what is coarser, and the decoder
        >>> unfreeze(model)             # later: everything
    """
    if not hasattr(model, "backbone"):
        raise ModelError(f"{model.card.model} has a shape of its own and no encoder to freeze")
    if until == "all":
        model.backbone.trainable = False
        return
    if until not in model.backbone.levels:
        raise ConfigError(f"until must be one of {', '.join(model.backbone.levels)} or all, got {until!r}")
    network = getattr(model.backbone, "taps", None)
    if network is not None:
        freeze_up_to(network, until)
        return
    stages = getattr(model.backbone, "stacks", None)
    if stages is None:
        kind = type(model.backbone).__name__
        raise ModelError(f'the encoder {kind} has no stages to freeze one by one; use until="all"')
    for _, stage in zip(_up_to(model.backbone.levels, until), stages, strict=False):
        stage.trainable = False


def freeze_all_but_memories(model: keras.Model) -> None:
    """Train only what remembers: encoder, decoder and head of a `Segmenter` stay as they are, norms included.

    A memory put into a trained image model learns so in minutes, since no gradient passes the encoder. Call it before
    the optimizer is built; it is not kept in the model's file.

    Raises:
        ModelError: the model has no memory, or none apart from its other parts.

    Example:
        >>> freeze_all_but_memories(model)
        >>> [variable.name for variable in model.trainable_variables]  # of a ConvLSTM
        ['kernel', 'recurrent_kernel', 'bias']
    """
    if not getattr(model, "temporal", None):
        raise ModelError(f"{model.card.model} has no memory to train alone; give it one in model.temporal")
    for part in (model.backbone, model.decoder, model.head, model.film):
        if part is not None:
            part.trainable = False


def unfreeze(model: keras.Model) -> None:
    """Make every part of a model trainable again, except `FrozenBatchNormalization`."""
    # One by one: on TensorFlow a model that is already trainable does not set it on its layers.
    for layer in model._flatten_layers():
        layer.trainable = True


def add_l2(model: keras.Model, strength: float) -> None:
    """Add `strength` times the sum of the squares of all convolution kernels to the loss that trains `model`.

    Every kernel counts: of plain, transposed, depthwise and separable convolutions, of memories and of both ways of a
    ladder, in nested encoders too; biases, norms and dense layers do not, nor does a kernel while it is frozen. The
    terms are in `model.losses`, which every training step of Keras adds to its loss; validation does not. A model of
    this package keeps them in its file. A second call takes the place of the first, and 0 removes them.

    It is not AdamW's weight decay, which beside it shrinks every kernel by the same share a step: the gradient of this
    one passes through Adam's division by its own size, so that it acts most on kernels whose gradients are small. With
    SGD both are the same. Use one of them.

    Args:
        model: any built Keras model or layer.
        strength: such as 1e-5.

    Raises:
        ModelError: the model has no weights yet.

    Example:
        >>> add_l2(model, 1e-5)
        >>> len(model.losses) > 0
        True
    """
    if strength < 0:
        raise ConfigError(f"the strength of L2 must be at least 0, got {strength}")
    if not model.variables:
        raise ModelError(f"{model.name} has no weights yet; call it once before add_l2")
    for variable in model.variables:
        if is_convolution_kernel(variable):
            variable.regularizer = keras.regularizers.L2(strength) if strength else None
    if hasattr(model, "card"):
        model.card = dataclasses.replace(model.card, l2=strength)


def is_convolution_kernel(variable: keras.Variable) -> bool:
    """Whether a variable is the kernel of a convolution over height and width."""
    return len(variable.shape) == 4 and variable.name.endswith(("kernel", "weight_up", "weight_down"))


def _up_to(levels: Sequence[str], last: str) -> Sequence[str]:
    return levels[: levels.index(last) + 1]

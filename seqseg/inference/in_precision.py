"""A trained model with the same weights in another number format, such as half precision on a GPU."""

from collections.abc import Mapping
from typing import Any

import keras

from seqseg.models.build import build_model
from seqseg.models.clip_model import ClipModel

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


def in_precision(model: ClipModel, precision: str) -> ClipModel:
    """`model` with layers that compute in `precision`; weights, states and logits stay float32.

    Args:
        model: a model of `build_model` or `load_model`.
        precision: "float32", "mixed_float16" or "mixed_bfloat16".

    Example:
        >>> predictor = Predictor(in_precision(load_model("voc"), "mixed_float16"))
    """
    card, before = model.card, keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        other: ClipModel = build_model(
            card.model,
            classes=card.classes,
            channels=card.channels,
            palette=card.palette,
            void=card.void,
            **_without_weights(card.options),
        )
    finally:
        keras.config.set_dtype_policy(before)
    other.card = card
    other.set_weights(model.get_weights())
    return other


def _without_weights(options: Mapping[str, Any]) -> dict[str, Any]:
    """Encoders need no file of weights: they get the model's."""
    return {
        name: _without_weights(value) if isinstance(value, Mapping) else value
        for name, value in options.items()
        if name != "weights"
    }

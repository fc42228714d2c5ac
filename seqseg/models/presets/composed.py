"""Any encoder with any decoder."""

from collections.abc import Mapping
from typing import Any

import keras

from seqseg.errors import ConfigError
from seqseg.models.presets.parts import decoder_of, encoder_of


def segmenter(
    *,
    classes: int,
    backbone: str | Mapping[str, Any] | keras.layers.Layer = "plain",
    decoder: str | Mapping[str, Any] = "unet",
) -> dict[str, Any]:
    """Any encoder with any decoder; memory at any level comes with `temporal`.

    Args:
        classes: how many; `build_model` sets it.
        backbone: a name of `BACKBONES`, or a table with its options: {"name": "plain", "filters": 32}. In Python
            also any functional Keras model, or an `OwnNetwork` of one.
        decoder: a name of `DECODERS`, or such a table.
    """
    encoder, decoder = encoder_of(backbone), decoder_of(decoder, classes=classes)
    if getattr(decoder, "needs_places", False) and not getattr(encoder, "gives_places", False):
        raise ConfigError(f"unpooling needs the places of the maxima; take backbone places, got {backbone!r}")
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}

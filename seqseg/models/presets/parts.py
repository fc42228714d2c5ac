"""Parts of presets, chosen by name or by a table of a name and options."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from seqseg.errors import ConfigError
from seqseg.models.backbones import BACKBONES
from seqseg.models.backbones.own_network import OwnNetwork
from seqseg.models.decoders import DECODERS
from seqseg.registry import as_table, make


def encoder_of(wanted: str | Mapping[str, Any] | keras.layers.Layer, **options: Any) -> keras.layers.Layer:
    """An encoder by its name or table, or a Keras model, see `OwnNetwork`.

    `options` of the preset that are not None are added, and the table's win.
    """
    if isinstance(wanted, keras.Model):
        return OwnNetwork(wanted)
    if isinstance(wanted, keras.layers.Layer):  # an encoder that was made by its own class
        return wanted
    given = {name: value for name, value in options.items() if value is not None}
    return _part(BACKBONES, "backbone", wanted, given)


def decoder_of(wanted: str | Mapping[str, Any], *, classes: int) -> keras.layers.Layer:
    """A decoder by its name or table; one that makes the maps of scores itself gets the number of classes."""
    name = as_table(wanted).get("name")
    scores = name in DECODERS and "classes" in inspect.signature(DECODERS[name]).parameters
    return _part(DECODERS, "decoder", wanted, {"classes": classes} if scores else {})


def _part(
    registry: Mapping[str, Any], kind: str, wanted: str | Mapping[str, Any], more: Mapping[str, Any]
) -> keras.layers.Layer:
    options = as_table(wanted)
    if "name" not in options:
        raise ConfigError(f"{kind} needs a name, one of {', '.join(registry)}; got {wanted!r}")
    return make(registry, kind, options.pop("name"), **(dict(more) | options))

"""Any encoder with any decoder."""

from seqseg.errors import ConfigError
from seqseg.models.backbones import BACKBONES
from seqseg.models.decoders import DECODERS
from seqseg.registry import make


def segmenter(*, backbone="plain", decoder="unet"):
    """Any encoder with any decoder; memory at any level comes with `temporal`.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options: {"name": "plain", "filters": 32}.
        decoder: a name of `DECODERS`, or such a table.
    """
    encoder, decoder = _part(BACKBONES, "backbone", backbone), _part(DECODERS, "decoder", decoder)
    if getattr(decoder, "needs_places", False) and not getattr(encoder, "gives_places", False):
        raise ConfigError(f"decoder unpool needs the places of the maxima; take backbone places, got {backbone!r}")
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


def _part(registry, kind, wanted):
    """A part by its name, or by a table of its name and options."""
    options = {"name": wanted} if isinstance(wanted, str) else dict(wanted)
    if "name" not in options:
        raise ConfigError(f"{kind} needs a name, one of {', '.join(registry)}; got {wanted!r}")
    return make(registry, kind, options.pop("name"), **options)

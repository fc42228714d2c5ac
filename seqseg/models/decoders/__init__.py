"""Decoders: a dict of pyramid levels in, one map of features (n, h, w, c) out. They know levels, never encoders.

A decoder tells with `output_level(levels)` which level's size its features have.
"""

from seqseg.models.decoders.plain import PlainDecoder, UnpoolDecoder
from seqseg.models.decoders.transposed import TransposedDecoder
from seqseg.models.decoders.unet import UNetDecoder

DECODERS = {"unet": UNetDecoder, "plain": PlainDecoder, "transposed": TransposedDecoder, "unpool": UnpoolDecoder}

__all__ = ["DECODERS", "PlainDecoder", "TransposedDecoder", "UNetDecoder", "UnpoolDecoder"]

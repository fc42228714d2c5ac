"""Decoders: a dict of pyramid levels in, one map of features (n, h, w, c) out. They know levels, never encoders."""

from seqseg.models.decoders.unet import UNetDecoder

DECODERS = {"unet": UNetDecoder}

__all__ = ["DECODERS", "UNetDecoder"]

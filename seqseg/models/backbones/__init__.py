"""Encoders: images (n, h, w, c) in, a dict of pyramid levels out.

Level "Pk" is 2^k times smaller than the image, rounded up: "P0" has its full size. A backbone tells its `levels` and
its `channels` (a dict, level -> number of channels) and nothing else; decoders and memories know only those. What it
gives beyond its levels, such as the places of SegNet's maxima, has a dot in its name.
"""

from seqseg.models.backbones.plain import PlainStack
from seqseg.models.backbones.segnet import PlacesStack

BACKBONES = {"plain": PlainStack, "places": PlacesStack}

__all__ = ["BACKBONES", "PlacesStack", "PlainStack"]

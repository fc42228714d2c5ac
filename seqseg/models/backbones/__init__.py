"""Encoders: images (n, h, w, c) in, a dict of pyramid levels out.

Level "Pk" is 2^k times smaller than the image, rounded up: "P0" has its full size. A backbone tells its `levels` and
its `channels` (a dict, level -> number of channels, known at the latest when it is built), and how it scales images;
decoders and memories know only levels and channels. What it gives beyond its levels, such as the places of SegNet's
maxima, has a dot in its name.
"""

from seqseg.models.backbones.applications import Application, application
from seqseg.models.backbones.fcn_vgg import FcnVgg, classify
from seqseg.models.backbones.mobilenetv2_folded import FoldedMobileNetV2
from seqseg.models.backbones.plain import PlainStack
from seqseg.models.backbones.recipes import RECIPES
from seqseg.models.backbones.segnet import PlacesStack
from seqseg.models.backbones.tiramisu import TiramisuStack

BACKBONES = {"plain": PlainStack, "places": PlacesStack, "tiramisu": TiramisuStack, "vgg16_fc": FcnVgg}
BACKBONES["mobilenetv2_folded"] = FoldedMobileNetV2
BACKBONES |= {name: application(name) for name in RECIPES}

__all__ = [
    "BACKBONES",
    "Application",
    "FcnVgg",
    "FoldedMobileNetV2",
    "PlacesStack",
    "PlainStack",
    "TiramisuStack",
    "classify",
]

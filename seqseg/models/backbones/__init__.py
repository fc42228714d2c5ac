"""Encoders: images (n, h, w, c) in, a dict of pyramid levels out.

Level "Pk" is 2^k times smaller than the image, rounded up: "P0" has its full size. A backbone has `levels`, `channels`
(a dict, level -> number of channels, known at the latest when it is built) and its scaling of images; decoders and
memories know only levels and channels. Outputs beyond the levels, such as the places of SegNet's maxima, have a dot in
their name.
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

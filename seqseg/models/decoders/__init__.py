"""Decoders: a dict of pyramid levels in, one map of features (n, h, w, c) out. They know levels, never encoders.

`output_level(levels)` is the level whose size the features have. A decoder with `gives_scores` makes the maps of scores
itself and takes the number of `classes`.
"""

from seqseg.models.decoders.deeplab import DeepLabV3Decoder, DeepLabV3PlusDecoder
from seqseg.models.decoders.dense import DenseDecoder, TiramisuDecoder
from seqseg.models.decoders.fcn import FCNDecoder
from seqseg.models.decoders.fpn import FPNDecoder
from seqseg.models.decoders.linknet import LinkNetDecoder
from seqseg.models.decoders.lraspp import LRASPPDecoder
from seqseg.models.decoders.plain import PlainDecoder, UnpoolDecoder
from seqseg.models.decoders.pooled import PooledDecoder
from seqseg.models.decoders.pspnet import PSPDecoder
from seqseg.models.decoders.transposed import TransposedDecoder
from seqseg.models.decoders.unet import UNetDecoder

DECODERS = {
    "deeplabv3": DeepLabV3Decoder,
    "deeplabv3plus": DeepLabV3PlusDecoder,
    "dense": DenseDecoder,
    "fcn": FCNDecoder,
    "fpn": FPNDecoder,
    "linknet": LinkNetDecoder,
    "lraspp": LRASPPDecoder,
    "plain": PlainDecoder,
    "pooled": PooledDecoder,
    "pspnet": PSPDecoder,
    "tiramisu": TiramisuDecoder,
    "transposed": TransposedDecoder,
    "unet": UNetDecoder,
    "unpool": UnpoolDecoder,
}

__all__ = [
    "DECODERS",
    "DeepLabV3Decoder",
    "DeepLabV3PlusDecoder",
    "DenseDecoder",
    "FCNDecoder",
    "FPNDecoder",
    "LRASPPDecoder",
    "LinkNetDecoder",
    "PSPDecoder",
    "PlainDecoder",
    "PooledDecoder",
    "TiramisuDecoder",
    "TransposedDecoder",
    "UNetDecoder",
    "UnpoolDecoder",
]

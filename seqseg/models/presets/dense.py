"""Networks of densely connected convolutions."""

from seqseg.errors import ConfigError
from seqseg.models.backbones import TiramisuStack
from seqseg.models.decoders import DenseDecoder, TiramisuDecoder
from seqseg.models.presets.parts import encoder_of

_UNITS = {"densenet121": (24, 12, 6), "densenet169": (32, 12, 6), "densenet201": (48, 12, 6)}
"""Units of DenseNet's blocks ahead of the last, from the coarsest to the finest."""


def fc_densenet(
    *, backbone="densenet121", weights=None, frozen_norm=False, units=None, growth=32, bottleneck=0, filters=64
):
    """ssnets' FC-DenseNet: a DenseNet that may be pretrained, and dense blocks on the way up.

    The original's last step is a transposed convolution of side 3 and stride 4, which reaches only nine of sixteen
    pixels and leaves a checkerboard. Here it is one of side 4 and stride 2, and the logits are resized.

    28,448,213 parameters with 3 channels and 21 classes; 44,866,645 on DenseNet169, 71,582,037 on DenseNet201.

    Args:
        backbone: "densenet121", "densenet169" or "densenet201"; any other of `BACKBONES`, or a table with its options,
            needs `units`.
        weights: of the encoder: None, "imagenet" or a path.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        units: of the decoder's blocks, from the second coarsest level to the second finest; None mirrors the encoder.
        growth: new channels of each unit.
        bottleneck: units of one more block at the coarsest level; the original has 32 or none.
        filters: channels at the finest level.
    """
    if units is None and backbone not in _UNITS:
        raise ConfigError(
            f"fc_densenet needs units unless its backbone is one of {', '.join(_UNITS)}; got {backbone!r}"
        )
    encoder = encoder_of(backbone, weights=weights, frozen_norm=frozen_norm or None)
    units = _UNITS[backbone] if units is None else units
    decoder = DenseDecoder(units, growth=growth, bottleneck=bottleneck, filters=filters)
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


def fc_densenet56(*, filters=48, units=(4, 4, 4, 4, 4, 4), growth=12, dropout=0.2, norm="batch"):
    """FC-DenseNet56 (Jégou et al. 2017), the One Hundred Layers Tiramisu's small one: 5 poolings, 4 units a block.

    1,397,963 parameters with 3 channels and the paper's 11 classes, which says 1.5 M.

    Args:
        filters: channels of the first convolution.
        units: of each block on the way down, the last one's at the bottom; the way up mirrors them.
        growth: new channels of each unit.
        dropout: share of each convolution's values that training drops.
        norm: "batch" (the original), "group" or None ahead of each convolution.
    """
    options = {"growth": growth, "dropout": dropout, "norm": norm}
    backbone = TiramisuStack(filters, units=units, **options)
    return {"backbone": backbone, "temporal": {}, "decoder": TiramisuDecoder(tuple(units[:-1])[::-1], **options)}


def fc_densenet67(*, filters=48, units=(5, 5, 5, 5, 5, 5), growth=16, dropout=0.2, norm="batch"):
    """FC-DenseNet67 (Jégou et al. 2017): 5 poolings, 5 units a block.

    3,502,923 parameters with 3 channels and 11 classes. The arguments are `fc_densenet56`'s.
    """
    return fc_densenet56(filters=filters, units=units, growth=growth, dropout=dropout, norm=norm)


def fc_densenet103(*, filters=48, units=(4, 5, 7, 10, 12, 15), growth=16, dropout=0.2, norm="batch"):
    """FC-DenseNet103 (Jégou et al. 2017), the One Hundred Layers Tiramisu: 4 to 15 units a block.

    9,425,163 parameters with 3 channels and 11 classes. The arguments are `fc_densenet56`'s.
    """
    return fc_densenet56(filters=filters, units=units, growth=growth, dropout=dropout, norm=norm)

"""Networks on encoders that may be pretrained on ImageNet."""

from collections.abc import Mapping, Sequence
from typing import Any

from seqseg.models.decoders import (
    DeepLabV3PlusDecoder,
    FPNDecoder,
    LinkNetDecoder,
    LRASPPDecoder,
    PSPDecoder,
    TransposedDecoder,
)
from seqseg.models.presets.parts import encoder_of


def mobilenetv2_unet(
    *,
    weights: str | None = None,
    alpha: float = 1.0,
    frozen_norm: bool = False,
    widths: Sequence[int] = (512, 256, 128, 64),
    norm: str | None = "batch",
) -> dict[str, Any]:
    """ssnets' MobileNetV2-U-Net: an encoder that may be pretrained, and pix2pix' up-sampling.

    The original's last transposed convolution is a 1 x 1 one at half the size, whose logits are resized: fewer weights
    and no checkerboard.

    Args:
        weights: None, "imagenet", or the path of weights without top; see `Application`.
        alpha: width of the encoder.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        widths: channels of the transposed convolutions, from the coarsest to the finest.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    encoder = encoder_of("mobilenetv2", weights=weights, alpha=alpha, frozen_norm=frozen_norm)
    return {"backbone": encoder, "temporal": {}, "decoder": TransposedDecoder(widths, norm=norm)}


def linknet(
    *,
    backbone: str | Mapping[str, Any] = "resnet18",
    weights: str | None = None,
    frozen_norm: bool = False,
    filters: int = 32,
    zero_skips: bool = False,
    norm: str | None = "batch",
) -> dict[str, Any]:
    """LinkNet (Chaurasia and Culurciello 2017): ResNet18, and a narrow decoder whose skips are added.

    11,545,589 parameters with 3 channels and 21 classes; the paper says 11.5 M. Its last transposed convolution is
    a 1 x 1 one at half the size, whose logits are resized.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options.
        weights: of the encoder: None, "imagenet" or a path.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        filters: channels at the finest level.
        zero_skips: each skip passes a 1 x 1 convolution that begins at zero, as in seg-mentor.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    encoder = encoder_of(backbone, weights=weights, frozen_norm=frozen_norm or None)
    decoder = LinkNetDecoder(filters=filters, zero_skips=zero_skips, norm=norm)
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


def deeplabv3plus(
    *,
    backbone: str | Mapping[str, Any] = "mobilenetv2",
    weights: str | None = None,
    output_stride: int | None = 16,
    frozen_norm: bool = False,
    filters: int = 256,
    separable: bool = True,
    dropout: float = 0.1,
    norm: str | None = "batch",
) -> dict[str, Any]:
    """DeepLabV3+ (Chen et al. 2018): dilated convolutions and the whole map's mean, refined by one finer level.

    2,763,077 parameters with 3 channels and 21 classes; 26,793,413 on ResNet50, 24,067,181 on Xception.

    Args:
        backbone: "mobilenetv2", "resnet50", "xception" (the paper's, less its dilated middle), any of `BACKBONES`, or
            a table with its options.
        weights: of the encoder: None, "imagenet" or a path.
        output_stride: how many times smaller than the image its last map is: 8, 16 or 32; None leaves it to
            the encoder.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        filters: channels of the decoder.
        separable: separable convolutions in the decoder, as the paper has them.
        dropout: share of the values that training drops after the dilated convolutions.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    encoder = encoder_of(backbone, weights=weights, output_stride=output_stride, frozen_norm=frozen_norm or None)
    decoder = DeepLabV3PlusDecoder(filters=filters, separable=separable, dropout=dropout, norm=norm)
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


def pspnet(
    *,
    backbone: str | Mapping[str, Any] = "resnet50",
    weights: str | None = None,
    output_stride: int | None = 8,
    frozen_norm: bool = False,
    filters: int | None = None,
    bins: Sequence[int] = (1, 2, 3, 6),
    dropout: float = 0.1,
    norm: str | None = "batch",
) -> dict[str, Any]:
    """PSPNet (Zhao et al. 2017): ResNet50 at an eighth of the image's size, and means over regions beside its last map.

    46,677,397 parameters with 3 channels and 21 classes, without the paper's second loss in the middle.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options.
        weights: of the encoder: None, "imagenet" or a path.
        output_stride: how many times smaller than the image its last map is: 8, 16 or 32; None leaves it to
            the encoder.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        filters: channels of the decoder; None takes a quarter of the last map's.
        bins: regions along each side of the map.
        dropout: share of the decoder's values that training drops.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    encoder = encoder_of(backbone, weights=weights, output_stride=output_stride, frozen_norm=frozen_norm or None)
    decoder = PSPDecoder(filters=filters, bins=bins, dropout=dropout, norm=norm)
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


def lraspp(
    *,
    backbone: str | Mapping[str, Any] = "mobilenetv3large",
    weights: str | None = None,
    output_stride: int | None = 16,
    frozen_norm: bool = False,
    filters: int = 128,
    norm: str | None = "batch",
) -> dict[str, Any]:
    """LR-ASPP (Howard et al. 2019): MobileNetV3, its last map weighed by its own mean, and one finer level. Fast.

    3,250,373 parameters with 3 channels and 21 classes: torchvision's 3,221,538, the statistics of the batch
    norms, and a finer level of 240 channels where torchvision takes the 40 ahead of them.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options.
        weights: of the encoder: None, "imagenet" or a path.
        output_stride: how many times smaller than the image its last map is: 8, 16 or 32; None leaves it to
            the encoder.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        filters: channels of the decoder's coarse part.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    encoder = encoder_of(backbone, weights=weights, output_stride=output_stride, frozen_norm=frozen_norm or None)
    return {"backbone": encoder, "temporal": {}, "decoder": LRASPPDecoder(filters=filters, norm=norm)}


def fpn(
    *,
    backbone: str | Mapping[str, Any] = "resnet50",
    weights: str | None = None,
    frozen_norm: bool = False,
    filters: int = 128,
    pyramid_filters: int = 256,
    norm: str | None = "group",
) -> dict[str, Any]:
    """Semantic FPN (Kirillov et al. 2019): a feature pyramid on ResNet50, its levels brought to one size and added.

    28,558,613 parameters with 3 channels and 21 classes.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options.
        weights: of the encoder: None, "imagenet" or a path.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        filters: channels of the sum.
        pyramid_filters: channels of the pyramid.
        norm: "batch", "group" (the original) or None in the decoder.
    """
    encoder = encoder_of(backbone, weights=weights, frozen_norm=frozen_norm or None)
    decoder = FPNDecoder(filters=filters, pyramid_filters=pyramid_filters, norm=norm)
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}

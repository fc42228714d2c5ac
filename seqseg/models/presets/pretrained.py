"""Networks on encoders that may know ImageNet."""

from seqseg.models.backbones import Application
from seqseg.models.decoders import TransposedDecoder


def mobilenetv2_unet(*, weights=None, alpha=1.0, widths=(512, 256, 128, 64), norm="batch"):
    """ssnets' MobileNetV2-U-Net: an encoder that may know ImageNet, and pix2pix' up-sampling.

    The original's last transposed convolution is a 1 x 1 one at half the size, whose logits are resized: fewer weights
    and no checkerboard.

    Args:
        weights: None, "imagenet", or the path of weights without top; see `Application`.
        alpha: width of the encoder.
        widths: channels of the transposed convolutions, from the coarsest to the finest.
        norm: "batch" (the original), "group" or None in the decoder.
    """
    backbone = Application("mobilenetv2", weights=weights, alpha=alpha)
    return {"backbone": backbone, "temporal": {}, "decoder": TransposedDecoder(widths, norm=norm)}

"""Fully convolutional networks: a classifier's last map scored, and finer ones added."""

from seqseg.layers import upsampling_of
from seqseg.models.backbones import FcnVgg
from seqseg.models.decoders import FCNDecoder
from seqseg.models.presets.parts import encoder_of


def fcn32s(*, classes, backbone=None, weights=None, upsampling="bilinear"):
    """FCN-32s (Long et al. 2015): VGG16 with convolutions for its dense layers, and scores of its last map alone.

    134,346,581 parameters with 3 channels and 21 classes: scores are resized bilinearly. With
    `upsampling="bilinear_deconv"` it is Keras-FCN's 136,152,917, of which 1,806,336 are one frozen transposed
    convolution of 64 x 64, nearly all zeros, for the same result away from the border.

    Args:
        classes: how many; `build_model` sets it.
        backbone: a name of `BACKBONES`, or a table with its options; None is "vgg16_fc", with dropout of 0.2.
        weights: of the encoder: None, "imagenet" or a path.
        upsampling: a name of `UPSAMPLING`, or a table of name and options.
    """
    return _fcn(0, classes, backbone, weights, upsampling)


def fcn16s(*, classes, backbone=None, weights=None, upsampling="bilinear", zero_skips=True):
    """FCN-16s (Long et al. 2015): FCN-32s, with scores of the map 16 times smaller than the image added.

    134,357,354 parameters with 3 channels and 21 classes; 134,815,994 with `upsampling="bilinear_deconv"`, as in
    Keras-FCN, of which 458,640 are frozen. The arguments are `fcn8s`'s.
    """
    return _fcn(1, classes, backbone, weights, upsampling, zero_skips)


def fcn8s(*, classes, backbone=None, weights=None, upsampling="bilinear", zero_skips=True):
    """FCN-8s (Long et al. 2015): FCN-16s, with scores of the map 8 times smaller than the image added.

    134,362,751 parameters with 3 channels and 21 classes; 134,489,759 with `upsampling="bilinear_deconv"`, as in
    Keras-FCN, of which 127,008 are frozen.

    Args:
        classes: how many; `build_model` sets it.
        backbone: a name of `BACKBONES`, or a table with its options; None is "vgg16_fc", with dropout of 0.2.
        weights: of the encoder: None, "imagenet" or a path.
        upsampling: a name of `UPSAMPLING`, or a table of name and options.
        zero_skips: the finer maps' scores begin at zero, so that training begins as FCN-32s.
    """
    return _fcn(2, classes, backbone, weights, upsampling, zero_skips)


def fcn4s(*, classes, backbone=None, weights=None, upsampling="bilinear", zero_skips=True):
    """FCN-4s: FCN-8s, with scores of the map 4 times smaller than the image added, as seg-mentor meant it.

    134,365,460 parameters with 3 channels and 21 classes. The arguments are `fcn8s`'s.
    """
    return _fcn(3, classes, backbone, weights, upsampling, zero_skips)


def fast_fcn8(*, classes, separable=True, norm="batch", dropout=0.2, width=4096):
    """ssnets' FastFCN8: FCN-8s of separable convolutions, normalized, a seventh of the weights.

    20,721,978 parameters with 3 channels and 21 classes, 20,615,521 with 2; its ordinary twin, `separable=False`, has
    134,393,759. The original's last step is nearest upsampling by 8; here it is bilinear.

    Args:
        classes: how many; `build_model` sets it.
        separable: every convolution depthwise, then pointwise, those of the scores too.
        norm: "batch" (the original), "group" or None after each of VGG16's 13 convolutions.
        dropout: after each of the two last convolutions of the encoder.
        width: channels of those two.
    """
    backbone = FcnVgg(separable=separable, norm=norm, dropout=dropout, width=width)
    options = {"upsampling": "deconv", "last_upsampling": "bilinear", "zero_skips": False, "separable": separable}
    return {"backbone": backbone, "temporal": {}, "decoder": FCNDecoder(classes, skips=2, **options)}


def atrous_fcn_vgg16_16s(*, classes, backbone=None, weights=None, upsampling="bilinear"):
    """aurora95's AtrousFCN_Vgg16_16s: VGG16, its fifth pooling without stride, scored 16 times smaller.

    134,346,581 parameters with 3 channels and 21 classes. The original leaves that pooling out.

    Args:
        classes: how many; `build_model` sets it.
        backbone: a name of `BACKBONES`, or a table with its options; None is "vgg16_fc" with `output_stride=16` and
            dropout of 0.5.
        weights: of the encoder: None, "imagenet" or a path.
        upsampling: a name of `UPSAMPLING`, or a table of name and options.
    """
    if backbone is None:
        backbone = {
            "name": "vgg16_fc",
            "output_stride": 16,
            "dropout": 0.5,
            "full_size": _ends_at_the_image(upsampling),
        }
    decoder = FCNDecoder(classes, skips=0, upsampling=upsampling)
    return {"backbone": encoder_of(backbone, weights=weights), "temporal": {}, "decoder": decoder}


def atrous_fcn_resnet50_16s(
    *, classes, backbone="resnet50", output_stride=16, weights=None, frozen_norm=False, upsampling="bilinear"
):
    """aurora95's AtrousFCN_Resnet50_16s: ResNet50, its last stage dilated instead of strided, and scores of that.

    23,630,741 parameters with 3 channels and 21 classes, the same at any stride.

    Args:
        classes: how many; `build_model` sets it.
        backbone: a name of `BACKBONES`, or a table with its options.
        output_stride: how many times smaller than the image the scores are: 32 (FCN_Resnet50_32s), 16 or 8;
            None leaves it to the encoder.
        weights: of the encoder: None, "imagenet" or a path.
        frozen_norm: the encoder's batch norms stay as the weights gave them.
        upsampling: a name of `UPSAMPLING`, or a table of name and options.
    """
    encoder = encoder_of(backbone, output_stride=output_stride, weights=weights, frozen_norm=frozen_norm or None)
    return {"backbone": encoder, "temporal": {}, "decoder": FCNDecoder(classes, skips=0, upsampling=upsampling)}


def _fcn(skips, classes, backbone, weights, upsampling, zero_skips=True):
    if backbone is None:
        backbone = {"name": "vgg16_fc", "full_size": _ends_at_the_image(upsampling)}
    decoder = FCNDecoder(classes, skips=skips, upsampling=upsampling, zero_skips=zero_skips)
    return {"backbone": encoder_of(backbone, weights=weights), "temporal": {}, "decoder": decoder}


def _ends_at_the_image(upsampling):
    """Whether the decoder goes up to the image's own size itself; a bilinear resize is left to the model."""
    return upsampling_of(upsampling)[0] != "bilinear"

"""image-models' networks of plain stacks of convolutions."""

from seqseg.models.backbones import PlacesStack, PlainStack
from seqseg.models.decoders import PlainDecoder, UNetDecoder, UnpoolDecoder


def unet(*, filters=64, depths=(2, 2, 2, 2, 2), kernel_size=3, norm=None):
    """U-Net (Ronneberger et al. 2015) as image-models draws it: same padding, nearest upsampling, no up-convolutions.

    31,380,245 parameters at the default width with 3 channels and 21 classes.

    Args:
        filters: channels at full resolution; each level below doubles them.
        depths: convolutions a level on the way down. Shorter is shallower.
        kernel_size: side of the square kernels.
        norm: "batch", "group" or None after each stack.
    """
    backbone = PlainStack(filters, depths=depths, kernel_size=kernel_size, norm=norm)
    widths = [backbone.channels[level] for level in reversed(backbone.levels[:-1])]
    decoder = UNetDecoder(widths, kernel_size=kernel_size, norm=norm)
    return {"backbone": backbone, "temporal": {}, "decoder": decoder}


def simple(*, filters=16, kernel_size=3, norm="batch"):
    """image-models' seg_test_net: one convolution a level, for trying things out.

    221,301 parameters with 3 channels and 21 classes.

    Args:
        filters: channels at full resolution.
        kernel_size: side of the square kernels.
        norm: "batch" (the original), "group" or None.
    """
    backbone = PlainStack(filters, depths=(1, 1, 1, 1), kernel_size=kernel_size, norm=norm)
    widths = (4 * filters, 2 * filters, filters, max(filters // 2, 1))
    decoder = UNetDecoder(widths, depth=1, kernel_size=kernel_size, norm=norm, skips="after")
    return {"backbone": backbone, "temporal": {}, "decoder": decoder}


def shallow_unet(*, filters=64, kernel_size=5, norm=None):
    """image-models' seg_unet_shallow: a U-Net of three levels with kernels of 5.

    5,229,845 parameters with 3 channels and 21 classes. The arguments are `unet`'s.
    """
    return unet(filters=filters, depths=(2, 2, 2), kernel_size=kernel_size, norm=norm)


def segnet(*, filters=64, kernel_size=3, norm="batch"):
    """image-models' seg_net: SegNet without its pooling indices and with three poolings, normalized throughout.

    15,474,389 parameters with 3 channels and 21 classes; `segnet_indices` is the paper's.

    Args:
        filters: channels at full resolution.
        kernel_size: side of the square kernels.
        norm: "batch" (the original), "group" or None.
    """
    f = filters
    backbone = PlainStack(f, depths=(2, 2, 3, 3), kernel_size=kernel_size, norm=norm, normalize="each")
    widths = [[8 * f, 8 * f, 4 * f], [4 * f, 4 * f, 2 * f], [2 * f, 2 * f, f], [f, f]]
    decoder = PlainDecoder(widths, kernel_size=kernel_size, norm=norm, normalize="each")
    return {"backbone": backbone, "temporal": {}, "decoder": decoder}


def shallow_segnet(*, filters=64, kernel_size=3, norm="batch"):
    """image-models' seg_net_shallow: two poolings and no skips.

    1,742,421 parameters with 3 channels and 21 classes. The arguments are `segnet`'s.
    """
    f = filters
    backbone = PlainStack(f, depths=(2, 2, 2), kernel_size=kernel_size, norm=norm, normalize="each")
    decoder = PlainDecoder([[], [2 * f, 2 * f, f], [f, f]], kernel_size=kernel_size, norm=norm, normalize="each")
    return {"backbone": backbone, "temporal": {}, "decoder": decoder}


def segnet_indices(*, filters=64, norm="batch"):
    """SegNet (Badrinarayanan et al. 2017): VGG16's 13 convolutions, and back up through the places of the maxima.

    The paper's last convolution gives the classes; here it gives `filters` channels, as everywhere ahead of the head.

    Args:
        filters: channels at full resolution; doubled three times on the way down.
        norm: "batch" (the original), "group" or None.
    """
    f = filters
    backbone = PlacesStack((f, 2 * f, 4 * f, 8 * f, 8 * f), norm=norm)
    widths = [[8 * f] * 3, [8 * f, 8 * f, 4 * f], [4 * f, 4 * f, 2 * f], [2 * f, f], [f]]
    return {"backbone": backbone, "temporal": {}, "decoder": UnpoolDecoder(widths, norm=norm)}

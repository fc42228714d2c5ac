"""Networks by name: which parts each one is made of."""

from seqseg.errors import ConfigError
from seqseg.models.backbones import BACKBONES, Application, PlacesStack, PlainStack
from seqseg.models.decoders import DECODERS, PlainDecoder, TransposedDecoder, UNetDecoder, UnpoolDecoder
from seqseg.models.temporal import TEMPORAL, Memory
from seqseg.registry import make


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


def unet_lstm(
    *, filters=16, kernel_size=3, norm="batch", memory="convlstm", activation="tanh", recurrent_activation="sigmoid"
):
    """image-models' lstm_unet: a U-Net on every frame, joined at the bottleneck by a ConvLSTM.

    1,151,301 parameters with 3 channels and 21 classes. The original's recurrence used ReLU, which lets the state grow
    without bound on long streams: tanh is the default here and `activation="relu"` the original.

    Args:
        filters: channels at full resolution; the memory has four times as many.
        kernel_size: side of the square kernels.
        norm: "batch" (the original), "group" or None after each stack.
        memory: "convlstm", "convgru", or "none" for the frame-only twin: the same network without its past.
        activation: inside the memory.
        recurrent_activation: of the memory's gates.
    """
    backbone = PlainStack(filters, depths=(1, 2, 2, 2), kernel_size=kernel_size, norm=norm)
    gates = {"activation": activation, "recurrent_activation": recurrent_activation}
    temporal = _cells(memory, ["P3"], filters=4 * filters, kernel_size=kernel_size, **gates)
    widths = (8 * filters, 4 * filters, 2 * filters, filters)
    decoder = UNetDecoder(widths, kernel_size=kernel_size, norm=norm, skips="after")
    return {"backbone": backbone, "temporal": temporal, "decoder": decoder}


def shallow_lstm(
    *, filters=16, kernel_size=5, norm="batch", memory="convlstm", activation="tanh", recurrent_activation="sigmoid"
):
    """image-models' lstm_shallow: one halving, a ConvLSTM there, and back up. Small and fast, sees little around it.

    80,853 parameters with 3 channels and 21 classes.

    Args:
        filters: channels at full resolution and of the memory.
        kernel_size: side of the square kernels of encoder and decoder; the memory's are 3.
        norm: "batch" (the original), "group" or None.
        memory: "convlstm", "convgru", or "none" for the frame-only twin.
        activation: inside the memory; "relu" is the original's.
        recurrent_activation: of the memory's gates.
    """
    backbone = PlainStack(filters, depths=(2, 1), kernel_size=kernel_size, norm=(norm, None))
    gates = {"activation": activation, "recurrent_activation": recurrent_activation}
    temporal = _cells(memory, ["P1"], filters=filters, kernel_size=3, **gates)
    decoder = PlainDecoder([[2 * filters], [filters, filters]], kernel_size=kernel_size, norm=norm)
    return {"backbone": backbone, "temporal": temporal, "decoder": decoder}


def full_lstm(
    *, filters=8, kernel_size=3, norm="batch", memory="convlstm", activation="tanh", recurrent_activation="sigmoid"
):
    """image-models' lstm_full: two ConvLSTMs, one on the other, a quarter of the image's size, normalized after each.

    46,821 parameters with 3 channels and 21 classes. In the original the first pooling reads the image, so that the
    first two convolutions are dead and 42,129 remain; here it reads them, as was meant.

    Args:
        filters: channels of each memory; the encoder's are twice as many.
        kernel_size: side of the square kernels of encoder and decoder; the memories' are 5.
        norm: "batch" (the original), "group" or None, after each pooling and each memory.
        memory: "convlstm", "convgru", or "none" for the frame-only twin.
        activation: inside the memories; "relu" is the original's.
        recurrent_activation: of the memories' gates.
    """
    wide = 2 * filters
    backbone = PlainStack(
        depths=(2, 2, 0), kernel_size=kernel_size, norm=(None, norm, norm), normalize="first", widths=(wide,) * 3
    )
    gates = {"activation": activation, "recurrent_activation": recurrent_activation}
    cells = _cells(memory, ["P2.0", "P2.1"], filters=filters, kernel_size=5, **gates)
    temporal = {place: Memory(cell, norm=norm) for place, cell in cells.items()}
    decoder = PlainDecoder([[], [wide, wide], [wide, filters]], kernel_size=kernel_size, norm=None)
    return {"backbone": backbone, "temporal": temporal, "decoder": decoder}


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


def segmenter(*, backbone="plain", decoder="unet"):
    """Any encoder with any decoder; memory at any level comes with `temporal`.

    Args:
        backbone: a name of `BACKBONES`, or a table with its options: {"name": "plain", "filters": 32}.
        decoder: a name of `DECODERS`, or such a table.
    """
    encoder, decoder = _part(BACKBONES, "backbone", backbone), _part(DECODERS, "decoder", decoder)
    if getattr(decoder, "needs_places", False) and not getattr(encoder, "gives_places", False):
        raise ConfigError(f"decoder unpool needs the places of the maxima; take backbone places, got {backbone!r}")
    return {"backbone": encoder, "temporal": {}, "decoder": decoder}


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


PRESETS = {
    "full_lstm": full_lstm,
    "mobilenetv2_unet": mobilenetv2_unet,
    "segmenter": segmenter,
    "segnet": segnet,
    "segnet_indices": segnet_indices,
    "shallow_lstm": shallow_lstm,
    "shallow_segnet": shallow_segnet,
    "shallow_unet": shallow_unet,
    "simple": simple,
    "unet": unet,
    "unet_lstm": unet_lstm,
}


def _cells(memory, places, **options):
    """A cell at each place; none at all for memory "none"."""
    if memory == "none":
        return {}
    return {place: make(TEMPORAL, "memory", memory, **options) for place in places}


def _part(registry, kind, wanted):
    """A part by its name, or by a table of its name and options."""
    options = {"name": wanted} if isinstance(wanted, str) else dict(wanted)
    if "name" not in options:
        raise ConfigError(f"{kind} needs a name, one of {', '.join(registry)}; got {wanted!r}")
    return make(registry, kind, options.pop("name"), **options)

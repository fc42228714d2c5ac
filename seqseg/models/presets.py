"""Networks by name: which parts each one is made of."""

from seqseg.models.backbones import PlainStack
from seqseg.models.decoders import UNetDecoder
from seqseg.models.temporal import TEMPORAL
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
    temporal = {}
    if memory != "none":
        cell = {"activation": activation, "recurrent_activation": recurrent_activation, "kernel_size": kernel_size}
        temporal["P3"] = make(TEMPORAL, "memory", memory, filters=4 * filters, **cell)
    widths = (8 * filters, 4 * filters, 2 * filters, filters)
    decoder = UNetDecoder(widths, kernel_size=kernel_size, norm=norm, skips="after")
    return {"backbone": backbone, "temporal": temporal, "decoder": decoder}


PRESETS = {"unet": unet, "unet_lstm": unet_lstm}

"""image-models' recurrent networks: an image network on every frame, with a memory at its bottleneck."""

from seqseg.models.backbones import PlainStack
from seqseg.models.decoders import PlainDecoder, UNetDecoder
from seqseg.models.temporal import TEMPORAL, Memory
from seqseg.registry import make


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


def _cells(memory, places, **options):
    """A cell at each place; none at all for memory "none"."""
    if memory == "none":
        return {}
    return {place: make(TEMPORAL, "memory", memory, **options) for place in places}

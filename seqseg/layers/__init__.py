"""The bricks: cells that handle one frame, functions that handle time, stacks of convolutions, resizing."""

from seqseg.layers.blocks import ConvStack, make_norm
from seqseg.layers.cells import ConvGRU, ConvLSTM
from seqseg.layers.resize import resize_to, upsample_to
from seqseg.layers.unroll import State, fold, reset_where, unfold, unroll

__all__ = [
    "ConvGRU",
    "ConvLSTM",
    "ConvStack",
    "State",
    "fold",
    "make_norm",
    "reset_where",
    "resize_to",
    "unfold",
    "unroll",
    "upsample_to",
]

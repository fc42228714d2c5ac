"""The bricks: cells that handle one frame, functions that handle time, stacks of convolutions, resizing."""

from seqseg.layers.blocks import ConvNorm, ConvStack, UpStack, make_norm
from seqseg.layers.cells import ConvGRU, ConvLSTM
from seqseg.layers.film import FiLM
from seqseg.layers.pooling import pool_with_places, unpool
from seqseg.layers.resize import resize_to
from seqseg.layers.unroll import State, fold, reset_where, unfold, unroll
from seqseg.layers.up_conv import UpConv, double_and_convolve

__all__ = [
    "ConvGRU",
    "ConvLSTM",
    "ConvNorm",
    "ConvStack",
    "FiLM",
    "State",
    "UpConv",
    "UpStack",
    "double_and_convolve",
    "fold",
    "make_norm",
    "pool_with_places",
    "reset_where",
    "resize_to",
    "unfold",
    "unpool",
    "unroll",
]

"""Building blocks: recurrent cells for one frame, unrolling over time, stacks of convolutions, resizing."""

from seqseg.layers.blocks import ConvNorm, ConvStack, UpStack, make_norm
from seqseg.layers.cells import ConvGRU, ConvLSTM
from seqseg.layers.combinator import Combinator
from seqseg.layers.context import ASPP, ContextConv, LiteASPP, PyramidPooling, adaptive_average_pool
from seqseg.layers.dense import DenseBlock
from seqseg.layers.enlarge import depth_to_space
from seqseg.layers.film import FiLM
from seqseg.layers.ladder_stage import LadderStage
from seqseg.layers.placing import place_images, restore_logits
from seqseg.layers.pooling import pool_with_places, unpool
from seqseg.layers.resize import resize_to
from seqseg.layers.tensor import State, Tensor
from seqseg.layers.unroll import fold, reset_where, unfold, unroll
from seqseg.layers.up_conv import UpConv, double_and_convolve
from seqseg.layers.upsample import UPSAMPLING, make_upsampling, upsampling_of
from seqseg.renamed import renamed

__all__ = [
    "ASPP",
    "Combinator",
    "ContextConv",
    "ConvGRU",
    "ConvLSTM",
    "ConvNorm",
    "ConvStack",
    "DenseBlock",
    "FiLM",
    "LadderStage",
    "LiteASPP",
    "PyramidPooling",
    "State",
    "Tensor",
    "UPSAMPLING",
    "UpConv",
    "UpStack",
    "adaptive_average_pool",
    "depth_to_space",
    "double_and_convolve",
    "fold",
    "make_norm",
    "make_upsampling",
    "place_images",
    "pool_with_places",
    "restore_logits",
    "reset_where",
    "resize_to",
    "unfold",
    "unpool",
    "unroll",
    "upsampling_of",
]

__getattr__ = renamed(__name__, {"replace_logits": ("restore_logits", restore_logits)})

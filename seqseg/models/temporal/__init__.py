"""Memories: one-step cells that the Segmenter unrolls at given places.

A cell has `filters`, `output_channels`, `project`, `step`, `output` and `initial_state`; see `seqseg.layers.ConvLSTM`.
`Memory` puts a normalization or a residual around one. No memory at all is the case of an empty dict.
"""

from seqseg.layers import ConvGRU, ConvLSTM
from seqseg.models.temporal.gated_mean import GatedMean
from seqseg.models.temporal.memory import Memory
from seqseg.models.temporal.moving_mean import MovingMean
from seqseg.models.temporal.places import as_residuals, memories, table_of

TEMPORAL = {"convlstm": ConvLSTM, "convgru": ConvGRU, "mean": MovingMean, "gated_mean": GatedMean}

__all__ = [
    "TEMPORAL",
    "ConvGRU",
    "ConvLSTM",
    "GatedMean",
    "Memory",
    "MovingMean",
    "as_residuals",
    "memories",
    "table_of",
]

"""Memories: one-step cells that the Segmenter unrolls at the pyramid levels it is told.

A cell has `filters`, `project`, `step`, `output` and `initial_state`; see `seqseg.layers.ConvLSTM`. No memory at all is
the case of an empty dict.
"""

from seqseg.layers import ConvGRU, ConvLSTM

TEMPORAL = {"convlstm": ConvLSTM, "convgru": ConvGRU}

__all__ = ["TEMPORAL", "ConvGRU", "ConvLSTM"]

"""The cost of a frame: arithmetic, time, memory, and the machine it was measured on."""

from streams.former_modules import contents_of

__getattr__ = contents_of("seqseg.inference.cost.arithmetic", package=__name__)

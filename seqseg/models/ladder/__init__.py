"""The ladder network (Rasmus et al. 2015): for any examples, for MNIST as in the paper, and as a segmenter."""

from streams.former_modules import contents_of

__getattr__ = contents_of("seqseg.models.ladder.network", package=__name__)

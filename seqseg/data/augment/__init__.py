"""Augmentation of whole clips: in space, in time, in look, and with objects of other clips."""

from streams.former_modules import contents_of

__getattr__ = contents_of("seqseg.data.augment.augmentation", package=__name__)

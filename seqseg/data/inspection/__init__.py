"""What `seqseg inspect` measures and draws."""

from streams.former_modules import contents_of

__getattr__ = contents_of("seqseg.data.inspection.report", package=__name__)

"""Sets packed into a few large files: encoding, shards (ArrayRecord, TFRecord), index, conversion, reading."""

from streams.former_modules import contents_of

__getattr__ = contents_of("seqseg.data.kinds.records", package=__name__)

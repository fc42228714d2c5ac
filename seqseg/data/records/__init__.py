"""Sets packed into a few large files: encoding, shards (ArrayRecord, TFRecord), index, conversion, reading."""

"""Sets packed into a few large files: encoding, shards (ArrayRecord, TFRecord), the index, the conversion."""

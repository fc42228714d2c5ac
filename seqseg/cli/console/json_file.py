"""JSON that appears complete or not at all."""

from seqseg.files import write_json as write_json

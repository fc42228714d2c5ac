"""`moving`: segments moving objects in front of a fixed camera."""

from seqseg.models.moving.segmenter import MovingSegmenter

__all__ = ["MovingSegmenter"]

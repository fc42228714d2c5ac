"""`moving`: whatever moves before a fixed camera."""

from seqseg.models.moving.segmenter import MovingSegmenter

__all__ = ["MovingSegmenter"]

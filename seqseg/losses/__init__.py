"""What training makes small."""

from seqseg.losses.class_weights import CLASS_WEIGHTS, class_weights
from seqseg.losses.cross_entropy import CrossEntropy

__all__ = ["CLASS_WEIGHTS", "CrossEntropy", "class_weights"]

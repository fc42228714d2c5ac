"""Run trained models frame by frame, with the state carried from frame to frame."""

from seqseg.inference.predictor import Predictor
from seqseg.inference.slots import BatchStepper

__all__ = ["BatchStepper", "Predictor"]

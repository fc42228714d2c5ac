"""Trained models at work: frame by frame, with the state carried."""

from seqseg.inference.predictor import Predictor
from seqseg.inference.slots import BatchStepper

__all__ = ["BatchStepper", "Predictor"]

"""Trained models at work: frame by frame, with the state carried."""

from seqseg.inference.predictor import Predictor

__all__ = ["Predictor"]

"""Running trained models: frame by frame, with the state carried on."""

from seqseg.inference.predictor import Predictor
from seqseg.inference.slots import BatchStepper

__all__ = ["BatchStepper", "Predictor"]
